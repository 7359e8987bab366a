#include "models/training_run.hpp"

#include <unistd.h>

#include "runtime/error.hpp"

namespace eigenprop {

void declare_training_files(CommandLine& line, TrainingFiles& f, const std::string& data_help) {
  line.option("data", f.data, data_help);
  line.option("output", f.output, "Run file: configuration, machine, metrics of every step");
  line.option("checkpoint", f.checkpoint, "Checkpoint: parameters and the optimizer's state");
  line.option("checkpoint_steps", f.checkpoint_steps, "Steps between checkpoints");
  line.choice("resume", f.resume, {"never", "auto"},
              "auto: go on from the checkpoint where there is one");
  line.option("import", f.import,
              "Checkpoint with weights for layers of the same name and shape (pretrained trunks)");
  line.choice("log", f.log_level, {"debug", "info", "warning", "error", "off"},
              "What is told on standard error");
}

void check_training_files(const TrainingFiles& f) {
  if (f.data.empty()) throw ConfigurationError("no training images: give --data FILE");
  if (f.checkpoint_steps <= 0) throw ConfigurationError("checkpoint_steps must be positive");
}

bool resumes(const TrainingFiles& f) {
  return f.resume == "auto" && access(f.checkpoint.c_str(), F_OK) == 0;
}

void import_weights(const TrainingFiles& f, ParameterSet& parameters, const Communicator& world,
                    spdlog::logger& log) {
  if (f.import.empty()) return;
  const auto source = read_checkpoint(f.import, world);
  const auto loaded = load_matching_parameters(source.parameters, parameters);
  require(!loaded.empty(),
          "'" + f.import + "' holds no parameter of a name and shape of this model");
  log.info("imported {} of {} parameters from {}", loaded.size(), parameters.size(), f.import);
}

}  // namespace eigenprop
