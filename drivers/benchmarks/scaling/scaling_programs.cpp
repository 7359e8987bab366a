#include "scaling/scaling_programs.hpp"

#include "runtime/error.hpp"
#include "scaling/cuts_programs.hpp"
#include "scaling/further_programs.hpp"
#include "scaling/scaling_cases.hpp"
#include "scaling/training_programs.hpp"

namespace eigenprop {

std::vector<std::string> scaling_program_names() {
  return {"train_ncuts",    "train_classifier",     "train_embedding",       "train_dictionary",
          "embed_tsne",     "low_rank_gradient",    "low_rank_eigenvectors", "graph_eigenvectors",
          "graph_gradient", "second_order_pooling", "nca_gradient",          "write_checkpoint",
          "read_checkpoint"};
}

std::unique_ptr<ScalingProgram> make_scaling_program(const std::string& name) {
  for (const auto make : {make_training_program, make_cuts_program, make_further_program}) {
    if (auto program = make(name)) return program;
  }
  throw ConfigurationError("there is no program '" + name + "' to scale");
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
