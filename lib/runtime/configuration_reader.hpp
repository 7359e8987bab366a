#pragma once

#include <string>
#include <vector>

#include "runtime/setting.hpp"

namespace eigenprop {

/// The text of a file. Throws ConfigurationError that says what it is, like "configuration file",
/// and names it, where it cannot be read.
std::string read_text(const std::string& what, const std::string& path);

/// Reads TOML 1.0 into the settings that it names. Types are strict: an integer key takes an
/// integer, a real one an integer or a finite float, a list a list or one value of its kind. Throws
/// ConfigurationError that names `source`, like "'run.toml'", the line and the key; for an unknown
/// key, which `pass_others` passes over, also the nearest one.
void read_configuration(const std::string& text, const std::string& source,
                        const std::vector<Setting>& settings, bool pass_others = false);

/// Reads what followed a key on the command line: texts without quotes, all else as in a file. Of
/// several values the last counts; lists take all, numbers also as 1,2,3 or [1,2,3], texts as
/// ["a", "b"].
void read_argument(const Setting& setting, const std::vector<std::string>& words);

/// `text` in quotes, with escapes, as TOML writes it.
std::string toml_string(const std::string& text);

}  // namespace eigenprop
