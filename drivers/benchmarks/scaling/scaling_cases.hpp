#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eigenprop {

/// One case of the list (scaling_cases.toml): a program of scaling_programs.hpp with its settings,
/// and on what it runs.
struct ScalingCase {
  std::string name;
  std::string runs;                         ///< name of the program
  std::string scaling = "strong";           ///< or "weak": the work grows with the ranks
  std::vector<std::int64_t> ranks;          ///< on which it is timed, the first as reference
  std::vector<std::int64_t> counted_ranks;  ///< on which its messages are counted as well
  std::vector<std::int64_t> threads = {1};
  std::int64_t repeats = 5;
  std::int64_t steps = 1;      ///< of a repeat
  std::int64_t warmup = 1;     ///< steps before the first repeat
  double tolerance = 0;        ///< relative, of numbers against those of the first ranks
  std::string configuration;   ///< file of settings that `settings` overrides; empty: none
  std::string settings;        ///< TOML of the program's settings
  std::string small_settings;  ///< those that make it take seconds
  std::string source;          ///< names the file in errors

  /// How often the work is there on so many ranks.
  std::int64_t copies(std::int64_t ranks_now) const;
};

/// Reads the list: tables [CASE] with the keys above, [CASE.settings] in the language of the
/// program and, for `--small`, [CASE.small]. Throws ConfigurationError that names file, line and
/// key, for any case of it.
std::vector<ScalingCase> read_scaling_cases(const std::string& path);

/// Throws ConfigurationError that names the nearest case where there is none of this name.
const ScalingCase& find_case(const std::vector<ScalingCase>& cases, const std::string& name);

}  // namespace eigenprop
