#pragma once

#include <string>
#include <vector>

#include "runtime/setting.hpp"

namespace eigenprop {

/// The configuration of a checkpoint as TOML 1.0, line by line. Until version 0.1 CLI11 wrote them:
/// section.key=value without sections or blanks, default lists in quotes, 1 and 0 for booleans,
/// numbers as they were typed, like .5. Other lines stay as they are.
std::string from_first_format(const std::string& text, const std::vector<Setting>& settings);

}  // namespace eigenprop
