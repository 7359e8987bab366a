#include "training/training_run.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "models/trunks.hpp"
#include "runtime/error.hpp"
#include "runtime/progress.hpp"
#include "runtime/timer.hpp"
#include "storage/run_file.hpp"
#include "training/checkpoint_clock.hpp"
#include "training/imported_pixels.hpp"
#include "training/settings_difference.hpp"

namespace eigenprop {
namespace {

// Rank 0 decides: file systems need not show a new file to all nodes at once.
bool resumes(const TrainingFiles& f, const Communicator& world) {
  if (f.resume == "never") return false;
  std::int32_t exists = world.is_root() && access(f.checkpoint.c_str(), F_OK) == 0 ? 1 : 0;
  world.broadcast(&exists, 1);
  return exists != 0;
}

void check_pixels(const TrainingFiles& f, const PixelSettings& pixels, spdlog::logger& log) {
  const auto remark = imported_pixels_remark(f.import, pixels);
  if (remark.empty()) return;
  require(f.import_pixels == "other",
          remark + "; set theirs, or --import_pixels other where this is meant");
  log.warn("{}", remark);
}

void import_weights(const TrainingFiles& f, Problem& problem, const Communicator& world,
                    spdlog::logger& log) {
  if (f.import.empty()) return;
  auto& parameters = problem.parameters();
  const auto source = read_checkpoint(f.import, world);
  const auto imported = load_matching_parameters(source.parameters, parameters);
  // Trainings of one's own may share some layers with this one; of published weights, a layer of
  // another shape means that they are those of another network.
  const auto networks = trunk_names();
  require(imported.misfits.empty() ||
              std::find(networks.begin(), networks.end(), source.model) == networks.end(),
          "'" + f.import + "' holds weights of " + source.model +
              ", which do not fit model.trunk and [pixels]" + imported.remainder());
  require(!imported.loaded.empty(), "'" + f.import +
                                        "' holds no parameter of a name and shape of this model" +
                                        imported.remainder());
  if (problem.pixels()) check_pixels(f, *problem.pixels(), log);
  log.info("imported {} of {} parameters from {}{}", imported.loaded.size(), parameters.size(),
           f.import, imported.remainder());
}

/// One training from its first step here to its last.
class TrainingRun {
 public:
  TrainingRun(const TrainingRequest& request, Problem& problem, Solver& solver,
              const Communicator& world, spdlog::logger& log)
      : request_(request),
        files_(request.files),
        problem_(problem),
        solver_(solver),
        world_(world),
        log_(log),
        resumed_(begin()),
        file_(files_.output, {request.program, request.configuration, request.seed},
              resumed_ ? solver.steps_done() : -1, world),
        progress_("training", solver.total_steps(), world.is_root() && files_.log_level != "off",
                  files_.log_path()),
        clock_(60 * files_.checkpoint_minutes, world) {
    for (const auto& remark : file_.remarks()) log_.warn("{}", remark);
  }

  ExitStatus run(StopNotice& stop) {
    log_.info("{} samples, {} parameters, {} steps on {} ranks", problem_.size(),
              problem_.parameters().scalars(), solver_.total_steps(), world_.size());
    if (!resumed_) save(state());
    try {
      // The scores of the last checkpoint's moment, where the run was stopped before they were
      // done.
      if (resumed_ && !is_scored(solver_.steps_done())) score(stop);
      timer_ = Timer();
      solver_.run([&](const Solver::Step& step) { watch(step, stop); }, &stop);
      if (!solver_.outcome().empty()) log_.info("{}", solver_.outcome());
      auto last = state();
      save(last);
      if (problem_.completes()) {
        problem_.complete(last, &stop);
        save(last);
      }
    } catch (const Interrupted&) {
      // Between restarts the parameters are not all that a continuation needs: the last checkpoint
      // stays.
      if (solver_.resumable()) save(state());
      file_.flush();
      return ExitStatus::stopped_by_request;
    }
    return ExitStatus::success;
  }

 private:
  /// Brings problem and solver to where they begin. Returns whether that is a checkpoint.
  bool begin() {
    if (!resumes(files_, world_)) {
      import_weights(files_, problem_, world_, log_);
      return false;
    }
    const auto checkpoint = read_checkpoint(files_.checkpoint, world_);
    load_parameters(checkpoint.parameters, problem_.parameters(),
                    "checkpoint '" + files_.checkpoint + "'");
    problem_.restore(checkpoint, files_.checkpoint);
    check_identity(checkpoint);
    solver_.restore(checkpoint, files_.checkpoint);
    log_.info("going on from step {} of {}", solver_.steps_done(), files_.checkpoint);
    return true;
  }

  void check_identity(const Checkpoint& checkpoint) const {
    const auto difference = first_difference({checkpoint.configuration, checkpoint.data},
                                             {request_.configuration, request_.data});
    if (difference.empty()) return;
    require(files_.resume == "changed",
            "checkpoint '" + files_.checkpoint + "' is of a run with other settings: " +
                difference + "; give those, --resume changed to go on all the same, or other " +
                "names of files for another run");
    log_.warn("going on with other settings: {}", difference);
  }

  Checkpoint state() const {
    Checkpoint checkpoint;
    checkpoint.model = problem_.signature();
    checkpoint.configuration = request_.configuration;
    checkpoint.data = request_.data;
    checkpoint.parameters = parameter_values(problem_.parameters());
    problem_.save(checkpoint);
    solver_.save(checkpoint);
    return checkpoint;
  }

  void save(const Checkpoint& checkpoint) {
    const Timer timer;
    // Before the checkpoint: rows behind it are cut, rows that it lacks would be lost.
    file_.flush();
    write_checkpoint(files_.checkpoint, checkpoint, world_);
    clock_.written(timer.seconds());
  }

  void watch(const Solver::Step& step, StopNotice& stop) {
    const auto& moment = step.moment;
    auto row = step.measures.columns;
    row.emplace("objective", step.measures.objective);
    row["step"] = static_cast<double>(moment.step);
    row["epoch"] = moment.epoch;
    row["seconds"] = timer_.seconds();
    file_.append("train", row);
    char epoch[32];
    std::snprintf(epoch, sizeof epoch, "epoch %.1f  ", moment.epoch);
    progress_.update(moment.step, epoch + step.measures.note);
    file_.flush_if_due();
    score(stop);
    const bool by_time = clock_.due(moment.step);
    if (solver_.resumable() &&
        (moment.restart || by_time || moment.step % files_.checkpoint_steps == 0))
      save(state());
    timer_ = Timer();
  }

  void score(StopNotice& stop) {
    const auto moment = solver_.moment();
    if (moment.step == 0 || !problem_.scores_at(moment)) return;
    auto result = problem_.score(moment, &stop);
    result.row["step"] = static_cast<double>(moment.step);
    file_.append(problem_.score_table(), result.row);
    file_.flush_if_due();
    if (!result.text.empty()) log_.info("{}", result.text);
  }

  bool is_scored(std::int64_t step) const {
    std::int32_t scored = file_.has_step(problem_.score_table(), step) ? 1 : 0;
    world_.broadcast(&scored, 1);
    return scored != 0;
  }

  const TrainingRequest& request_;
  const TrainingFiles& files_;
  Problem& problem_;
  Solver& solver_;
  const Communicator& world_;
  spdlog::logger& log_;
  bool resumed_;
  RunFile file_;
  Progress progress_;
  CheckpointClock clock_;
  Timer timer_;
};

}  // namespace

ExitStatus run_training(const TrainingRequest& request, Problem& problem, Solver& solver,
                        const StopRequest& stop, const Communicator& world, spdlog::logger& log) {
  StopNotice notice(stop, world);
  TrainingRun run(request, problem, solver, world, log);
  const auto status = run.run(notice);
  notice.settle();
  return status;
}

}  // namespace eigenprop
