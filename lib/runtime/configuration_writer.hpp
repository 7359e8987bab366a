#pragma once

#include <string>
#include <vector>

#include "runtime/setting.hpp"

namespace eigenprop {

/// All settings as TOML 1.0; read_configuration() of it gives the same to the last bit.
std::string write_configuration(const std::vector<Setting>& settings);

/// One value as it would be typed on the command line.
std::string argument_text(const Setting& setting);

}  // namespace eigenprop
