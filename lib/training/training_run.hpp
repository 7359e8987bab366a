#pragma once

#include <map>
#include <string>

#include "runtime/log.hpp"
#include "runtime/session.hpp"
#include "runtime/stop_request.hpp"
#include "training/solver.hpp"
#include "training/training_files.hpp"

namespace eigenprop {

/// What a run is called and was asked for.
struct TrainingRequest {
  std::string program;
  TrainingFiles files;
  std::string configuration;  ///< all settings, in the format of configuration files
  std::int64_t seed = 1;
  std::map<std::string, std::string> data = {};  ///< digests of data sets (TrainingClaim)
};

/// Trains: `solver` from its first step, or from the checkpoint where files.resume says so, to its
/// last. Writes the run file (table "train": step, epoch, objective, seconds, and the columns of
/// problem and solver; tables of scores) every few seconds, checkpoints at the start, every
/// checkpoint_steps and checkpoint_minutes, and at the end, and shows the progress. A request to
/// stop ends it earlier, with a checkpoint that it can go on from, and `stopped_by_request`. Throws
/// InputError where files do not fit, or settings or data are not those of the checkpoint and
/// files.resume does not allow it. Collective.
ExitStatus run_training(const TrainingRequest& request, Problem& problem, Solver& solver,
                        const StopRequest& stop, const Communicator& world, spdlog::logger& log);

}  // namespace eigenprop
