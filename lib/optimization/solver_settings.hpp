#pragma once

#include <cstdint>
#include <string>

#include "optimization/momentum_sgd.hpp"
#include "optimization/schedule.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

/// How a training goes down: by batches, or on all samples at once.
struct SolverSettings {
  std::string method = "sgd";     ///< momentum SGD; or TAO's "cg", "lmvm"
  std::int64_t epochs = 20;       ///< of sgd: passes over the samples
  std::int64_t batch = 100;       ///< of sgd: samples of a step, over all ranks
  std::int64_t iterations = 100;  ///< of cg and lmvm
  std::int64_t restart = 20;  ///< of cg and lmvm: iterations between restarts, where checkpoints
                              ///< are written
  double tolerance = 0;       ///< of cg and lmvm: norm of the gradient that ends the training
  std::int64_t seed = 1;      ///< of the order of samples and all that is random in a step
  MomentumSgdSettings optimizer = {};
  ScheduleSettings schedule = {};

  bool by_batches() const { return method == "sgd"; }
};

/// What the help calls the samples, and which options there are beside the common ones.
struct SolverOptions {
  std::string samples = "images";
  bool weight_decay = true;  ///< false where the model has a penalty of its own
};

/// Declares train.method, train.epochs, train.batch, train.iterations, ...: all of `settings`.
void declare_solver_options(CommandLine& line, SolverSettings& settings,
                            const SolverOptions& options = {});

/// Throws InputError for settings that are wrong for any data.
void check_solver_settings(const SolverSettings& settings);

/// Checks "train.unit", how many samples go through a network at once. Throws InputError.
void check_unit(std::int64_t unit);

}  // namespace eigenprop
