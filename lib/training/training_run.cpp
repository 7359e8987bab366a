#include "training/training_run.hpp"

#include <unistd.h>

#include <cstdio>

#include "runtime/error.hpp"
#include "runtime/progress.hpp"
#include "runtime/timer.hpp"
#include "storage/run_file.hpp"
#include "training/imported_pixels.hpp"

namespace eigenprop {
namespace {

bool resumes(const TrainingFiles& f) {
  return f.resume == "auto" && access(f.checkpoint.c_str(), F_OK) == 0;
}

void import_weights(const TrainingFiles& f, ParameterSet& parameters, const Communicator& world,
                    spdlog::logger& log) {
  if (f.import.empty()) return;
  const auto source = read_checkpoint(f.import, world);
  const auto imported = load_matching_parameters(source.parameters, parameters);
  require(!imported.loaded.empty(), "'" + f.import +
                                        "' holds no parameter of a name and shape of this model" +
                                        imported.remainder());
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
        file_(files_.output, request.program, request.configuration, request.seed,
              resumed_ ? solver.steps_done() : -1, world),
        progress_("training", solver.total_steps(), world.is_root() && files_.log_level != "off") {}

  ExitStatus run(StopNotice& stop) {
    log_.info("{} samples, {} parameters, {} steps on {} ranks", problem_.size(),
              problem_.parameters().scalars(), solver_.total_steps(), world_.size());
    if (!resumed_ && !files_.import.empty() && problem_.pixels()) {
      const auto remark = imported_pixels_remark(files_.import, *problem_.pixels());
      if (!remark.empty()) log_.warn("{}", remark);
    }
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
    if (!resumes(files_)) {
      import_weights(files_, problem_.parameters(), world_, log_);
      return false;
    }
    const auto checkpoint = read_checkpoint(files_.checkpoint, world_);
    load_parameters(checkpoint.parameters, problem_.parameters(),
                    "checkpoint '" + files_.checkpoint + "'");
    problem_.restore(checkpoint, files_.checkpoint);
    solver_.restore(checkpoint, files_.checkpoint);
    log_.info("going on from step {} of {}", solver_.steps_done(), files_.checkpoint);
    return true;
  }

  Checkpoint state() const {
    Checkpoint checkpoint;
    checkpoint.model = problem_.signature();
    checkpoint.configuration = request_.configuration;
    checkpoint.parameters = parameter_values(problem_.parameters());
    problem_.save(checkpoint);
    solver_.save(checkpoint);
    return checkpoint;
  }

  void save(const Checkpoint& checkpoint) {
    file_.flush();
    write_checkpoint(files_.checkpoint, checkpoint, world_);
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
    score(stop);
    if (solver_.resumable() && (moment.restart || moment.step % files_.checkpoint_steps == 0))
      save(state());
    timer_ = Timer();
  }

  void score(StopNotice& stop) {
    const auto moment = solver_.moment();
    if (moment.step == 0 || !problem_.scores_at(moment)) return;
    auto result = problem_.score(moment, &stop);
    result.row["step"] = static_cast<double>(moment.step);
    file_.append(problem_.score_table(), result.row);
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
  Timer timer_;
};

}  // namespace

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

ExitStatus run_training(const TrainingRequest& request, Problem& problem, Solver& solver,
                        const StopRequest& stop, const Communicator& world, spdlog::logger& log) {
  StopNotice notice(stop, world);
  TrainingRun run(request, problem, solver, world, log);
  const auto status = run.run(notice);
  notice.settle();
  return status;
}

}  // namespace eigenprop
