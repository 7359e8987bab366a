#include "scaling/scaling_programs.hpp"

#include "runtime/error.hpp"
#include "scaling/cuts_programs.hpp"
#include "scaling/further_programs.hpp"
#include "scaling/scaling_cases.hpp"
#include "scaling/training_programs.hpp"

namespace eigenprop {

namespace {

ScalingPrograms all_programs() {
  ScalingPrograms all = training_programs();
  for (const auto& more : {cuts_programs(), further_programs()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

std::vector<std::string> scaling_program_names() {
  std::vector<std::string> names;
  for (const auto& program : all_programs()) names.push_back(program.first);
  return names;
}

std::unique_ptr<ScalingProgram> make_scaling_program(const std::string& wanted) {
  for (const auto& [name, make] : all_programs()) {
    if (name == wanted) return make();
  }
  throw ConfigurationError("there is no program '" + wanted + "' to scale");
}

ConfiguredProgram program_of_case(const ScalingCase& c, bool small) {
  auto program = make_scaling_program(c.runs);
  CommandLine line("", "");
  program->declare(line);
  if (!c.configuration.empty()) {
    const char* arguments[] = {"", "--config", c.configuration.c_str()};
    line.parse(3, arguments);
  }
  line.parse_text(c.settings, c.source);
  if (small) line.parse_text(c.small_settings, c.source);
  try {
    program->check();
  } catch (const ConfigurationError& error) {
    throw ConfigurationError("case '" + c.name + "' in " + c.source + ": " + error.what());
  }
  return {std::move(program), line.configuration()};
}

}  // namespace eigenprop
