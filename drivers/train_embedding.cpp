#include <cstdio>

#include "models/embedding_trainer.hpp"
#include "models/report.hpp"
#include "models/training_run.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  EmbeddingSettings training;
  TrainingFiles files;
  std::vector<std::int64_t> extents = {32, 32};
  bool dry_run = false;
};

constexpr const char* description =
    "Trains an embedding by neighbourhood components analysis (NCA) of classes, or regression\n"
    "(NCAR) of real-valued targets: linear, C-NCAR, or any network. Points are spread over the\n"
    "ranks; every point is the neighbour of all others (cg, lmvm) or of its batch (sgd).";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 train_embedding --data train.h5 --model.dimensions 2      (linear NCA)\n"
    "  mpirun -n 2 train_embedding --config drivers/configurations/cncar_coil.toml --data "
    "views.h5\n"
    "  train_embedding --data train.h5 --train.method lmvm -tao_monitor\n"
    "SIGUSR1 or SIGTERM: exits with status 85; --resume auto goes on from the last checkpoint.";

void declare(CommandLine& line, Settings& s) {
  declare_training_files(line, s.files, "Points (analysis/pack_points.py, pack_coil.py)");
  declare_embedding_options(line, s.training);
  line.option("extents", s.extents, "Extents of a point for the model that --dry-run prints");
  line.flag("dry-run", s.dry_run, "Print the model layer by layer and stop");
  line.epilogue(examples);
}

StepReport report(const EmbeddingStep& step, double epoch) {
  char note[96];
  std::snprintf(note, sizeof note, "epoch %.1f  objective %.6f  gradient %.1e", epoch,
                step.objective, step.gradient_norm);
  return {{{"objective", step.objective},
           {"gradient_norm", step.gradient_norm},
           {"step_length", step.step_length}},
          note,
          step.stop_requested};
}

/// The table "score" of the run file, every so many steps.
void score(const Settings& s, EmbeddingTrainer& trainer, RunFile& run, spdlog::logger& log) {
  const std::int64_t done = trainer.steps_done();
  if (s.training.score_steps == 0 || done % s.training.score_steps != 0) return;
  const auto errors = trainer.score();
  run.append("score", {{"step", static_cast<double>(done)},
                       {"neighbours", static_cast<double>(errors.neighbours)},
                       {"classification_error", errors.classification},
                       {"regression_error", errors.regression}});
  log.info("step {}: classification error {:.4f}, regression error {:.4f}", done,
           errors.classification, errors.regression);
}

ExitStatus train(const Settings& s, const std::string& configuration, const StopRequest& stop,
                 Session& session) {
  const auto& world = session.world();
  const auto log = make_logger(world, s.files.log_level);
  const PointDataset data(s.files.data);
  EmbeddingTrainer trainer(s.training, data, world);
  const bool resumed = resume_or_import(s.files, trainer, world, *log);
  RunFile run(s.files.output, "train_embedding", configuration, s.training.seed,
              resumed ? trainer.steps_done() : -1, world);
  log->info("{} points, {} parameters, {} steps on {} ranks", data.size(),
            trainer.graph().parameters().scalars(), trainer.total_steps(), world.size());
  if (s.training.method != "sgd") {
    const auto scored = [&](RunFile& file, bool) { score(s, trainer, file, *log); };
    return run_minimization(s.files, trainer, run, resumed, configuration, stop, world, *log,
                            report, scored)
               ? ExitStatus::success
               : ExitStatus::stopped_by_request;
  }
  if (!run_training(s.files, trainer, run, resumed, configuration, stop, world, report,
                    [&](RunFile& file) { score(s, trainer, file, *log); }))
    return ExitStatus::stopped_by_request;
  save_training(s.files, trainer, run, configuration, world);
  return ExitStatus::success;
}

Shape extents_of(const std::vector<std::int64_t>& extents) {
  switch (extents.size()) {
    case 1:
      return {extents[0]};
    case 2:
      return {extents[0], extents[1]};
    case 3:
      return {extents[0], extents[1], extents[2]};
    default:
      throw ConfigurationError("extents are one to three numbers");
  }
}

}  // namespace

int main(int argc, char** argv) {
  // From the first moment to the last: a signal must not end the process while it starts or ends.
  const StopRequest stop;
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("train_embedding", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check_embedding_settings(s.training);
    if (s.dry_run) {
      const Shape extents = extents_of(s.extents);
      const auto graph = build_embedding(s.training, extents);
      const auto table = describe_graph(graph, {embedding_input(s.training, extents, 1)});
      if (session.world().is_root()) std::fputs(table.c_str(), stdout);
      return ExitStatus::success;
    }
    check_training_files(s.files);
    return train(s, line.configuration(), stop, session);
  });
}
