#pragma once

#include <map>
#include <string>

#include "graph/parameter.hpp"
#include "optimization/batch_minimizer.hpp"
#include "runtime/command_line.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "runtime/stop_request.hpp"
#include "runtime/timer.hpp"
#include "storage/checkpoint.hpp"
#include "storage/run_file.hpp"

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

/// Whether this training goes on from the checkpoint.
bool resumes(const TrainingFiles& files);

/// Takes the weights of files.import, where given, for parameters of the same name and shape.
/// Throws InputError where there is none. Collective.
void import_weights(const TrainingFiles& files, ParameterSet& parameters, const Communicator& world,
                    spdlog::logger& log);

/// Brings `trainer` to the checkpoint where the training goes on from one, else imports the weights
/// of files.import. Returns whether it goes on. Collective.
template <class Trainer>
bool resume_or_import(const TrainingFiles& files, Trainer& trainer, const Communicator& world,
                      spdlog::logger& log) {
  if (!resumes(files)) {
    import_weights(files, trainer.graph().parameters(), world, log);
    return false;
  }
  trainer.restore(read_checkpoint(files.checkpoint, world), files.checkpoint);
  log.info("going on from step {} of {}", trainer.steps_done(), files.checkpoint);
  return true;
}

/// What a training tells of one step.
struct StepReport {
  std::map<std::string, double> row;  ///< of the table "train", but step, epoch and seconds
  std::string note;                   ///< for the progress bar
  bool stop_requested = false;
};

/// Rows of the run file to the disk, and a checkpoint of `trainer`. Collective over `world`.
template <class Trainer>
void save_training(const TrainingFiles& files, const Trainer& trainer, RunFile& run,
                   const std::string& configuration, const Communicator& world) {
  run.flush();
  write_checkpoint(files.checkpoint, trainer.checkpoint(configuration), world);
}

/// Runs `trainer` to its last step: run file, checkpoints, restart, progress. Trainer:
/// steps_done(), total_steps(), steps_per_epoch(), step(stop_requested), checkpoint(configuration),
/// restore(checkpoint, path), graph(). report(step, epoch) gives a StepReport; after_step(run)
/// is called after every step. Returns whether the training is complete; a request to stop ends it
/// earlier, with a checkpoint. Collective over `world`.
template <class Trainer, class Report, class AfterStep>
bool run_training(const TrainingFiles& files, Trainer& trainer, RunFile& run, bool resumed,
                  const std::string& configuration, const StopRequest& stop,
                  const Communicator& world, const Report& report, const AfterStep& after_step) {
  const auto save = [&] { save_training(files, trainer, run, configuration, world); };
  if (!resumed) save();
  Progress progress("training", trainer.total_steps(), world.is_root() && files.log_level != "off");
  while (trainer.steps_done() < trainer.total_steps()) {
    const Timer timer;
    const auto step = trainer.step(stop.requested());
    const auto done = trainer.steps_done();
    const double epoch = static_cast<double>(done) / static_cast<double>(trainer.steps_per_epoch());
    StepReport told = report(step, epoch);
    told.row["step"] = static_cast<double>(done);
    told.row["epoch"] = epoch;
    told.row["seconds"] = timer.seconds();
    run.append("train", told.row);
    progress.update(done, told.note);
    after_step(run);
    if (told.stop_requested && done < trainer.total_steps()) {
      save();
      return false;
    }
    if (done % files.checkpoint_steps == 0) save();
  }
  return true;
}

/// The same for a trainer that minimizes over all data: minimize(watch), which calls
/// watch(step, at_restart) after every step and returns how it ended. Checkpoints fall on its
/// restarts. after_step(run, at_restart) is called after every step. Collective over `world`.
template <class Trainer, class Report, class AfterStep>
bool run_minimization(const TrainingFiles& files, Trainer& trainer, RunFile& run, bool resumed,
                      const std::string& configuration, const StopRequest& stop,
                      const Communicator& world, spdlog::logger& log, const Report& report,
                      const AfterStep& after_step) {
  const auto save = [&] { save_training(files, trainer, run, configuration, world); };
  if (!resumed) save();
  Progress progress("training", trainer.total_steps(), world.is_root() && files.log_level != "off");
  Timer timer;
  bool stopped = false;
  const auto outcome = trainer.minimize([&](const auto& step, bool at_restart) {
    const auto done = static_cast<double>(trainer.steps_done());
    StepReport told = report(step, done);
    told.row["step"] = told.row["epoch"] = done;
    told.row["seconds"] = timer.seconds();
    run.append("train", told.row);
    timer = Timer();
    progress.update(trainer.steps_done(), told.note);
    after_step(run, at_restart);
    if (at_restart) save();
    stopped =
        world.max(stop.requested() ? 1 : 0) > 0 && trainer.steps_done() < trainer.total_steps();
    return !stopped;
  });
  log.info("{}", outcome_text(outcome));
  // Between restarts the parameters are not all that a continuation needs: the last checkpoint
  // stays.
  if (!stopped) save();
  return !stopped;
}

}  // namespace eigenprop
