#pragma once

#include <string>

#include "runtime/command_line.hpp"
#include "runtime/log.hpp"
#include "runtime/session.hpp"
#include "runtime/stop_request.hpp"
#include "training/solver.hpp"

namespace eigenprop {

/// Files and log of a training, the same options for every driver.
struct TrainingFiles {
  std::string data;
  std::string output = "run.h5";
  std::string checkpoint = "checkpoint.h5";
  std::string resume = "never";
  std::string import;
  std::int64_t checkpoint_steps = 500;
  std::string log_level = "info";
};

/// Declares the options. `data_help` says what the training data are.
void declare_training_files(CommandLine& line, TrainingFiles& files, const std::string& data_help);

/// Throws ConfigurationError where no data are given, or checkpoint_steps is not positive.
void check_training_files(const TrainingFiles& files);

/// What a run is called and was asked for.
struct TrainingRequest {
  std::string program;
  TrainingFiles files;
  std::string configuration;  ///< all settings, in the format of configuration files
  std::int64_t seed = 1;
};

/// Trains: `solver` from its first step, or from the checkpoint where files.resume says so, to its
/// last. Writes the run file (table "train": step, epoch, objective, seconds, and the columns of
/// problem and solver; tables of scores), checkpoints at the start, every checkpoint_steps and at
/// the end, and shows the progress. A request to stop ends it earlier, with a checkpoint that it
/// can go on from, and `stopped_by_request`. Throws InputError where files do not fit. Collective.
ExitStatus run_training(const TrainingRequest& request, Problem& problem, Solver& solver,
                        const StopRequest& stop, const Communicator& world, spdlog::logger& log);

}  // namespace eigenprop
