#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/setting.hpp"

namespace eigenprop {

/// Command line and configuration file of a driver.
///
/// Every key can stand in the file given by `--config FILE` (TOML 1.0) and be overridden as
/// `--section.key VALUE`, of which the last counts. Types are strict (configuration_reader.hpp),
/// and numbers keep all their digits. Arguments that begin with a single dash go to PETSc, but for
/// -h, and for our own keys, which are an error. What is wrong is a ConfigurationError that names
/// the key, of a file also its name and the line, and for an unknown key the nearest known one.
class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& description);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// Adds `--key VALUE`, stored into `value`, whose present content is the default.
  void option(const std::string& key, std::string& value, const std::string& help);
  void option(const std::string& key, bool& value, const std::string& help);
  void option(const std::string& key, std::int64_t& value, const std::string& help);
  void option(const std::string& key, double& value, const std::string& help);
  void option(const std::string& key, std::vector<std::string>& value, const std::string& help);
  void option(const std::string& key, std::vector<double>& value, const std::string& help);
  void option(const std::string& key, std::vector<std::int64_t>& value, const std::string& help);
  void option(const std::string& key, TextList list, const std::string& help);

  /// Restricts a key to `choices`.
  void choice(const std::string& key, std::string& value, const std::vector<std::string>& choices,
              const std::string& help);

  /// Adds the on/off switch `--name`, which is not a key of configuration files.
  void flag(const std::string& name, bool& value, const std::string& help);

  /// parse() stores the name of the configuration file into `name`, where one was given: it is an
  /// input, which no output may overwrite.
  void file_name(std::string& name);

  /// Text printed at the end of `--help`, for instance examples.
  void epilogue(const std::string& text);

  /// Parses. Returns false where `--help` or `-h` was asked for; then `help()` is what to print.
  /// Throws ConfigurationError.
  bool parse(int argc, const char* const* argv);

  /// Takes settings from the text of a configuration file, for instance the one that
  /// configuration() gave to a checkpoint, of any version; `source` names it in errors. Throws
  /// ConfigurationError.
  void parse_text(const std::string& text, const std::string& source);

  /// parse_text() then passes over keys that were not declared.
  void ignore_other_keys();

  std::string help() const;

  /// All keys with their present values as a configuration file; parsing it again gives the same
  /// settings to the last bit. Goes into run files and checkpoints. Options for PETSc stand in a
  /// comment, its first line: "# PETSc: -eps_tol 1e-6 ...".
  std::string configuration() const;

  /// What was left for PETSc, in order.
  const std::vector<std::string>& petsc_arguments() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eigenprop
