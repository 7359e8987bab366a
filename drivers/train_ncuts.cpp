#include <unistd.h>

#include <cstdio>

#include "models/ncuts_inference.hpp"
#include "models/ncuts_options.hpp"
#include "models/report.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "runtime/stop_request.hpp"
#include "runtime/timer.hpp"
#include "storage/run_file.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  NCutsTrainingSettings training;
  std::string data;
  std::string output = "run.h5";
  std::string checkpoint = "checkpoint.h5";
  std::string resume = "never";
  std::string import;
  std::int64_t checkpoint_steps = 500;
  double affinity_ridge = 1e-3;
  std::string log_level = "info";
  bool dry_run = false;
};

constexpr const char* description =
    "Trains DeepNCuts: a network learns pixel features F whose affinities W = F F^T have the "
    "range\n"
    "of human segmentations (Ionescu, Vantzos and Sminchisescu, 2016, sections 6 and 7.2).\n"
    "Images are spread over the ranks; the result does not depend on their number.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 train_ncuts --config drivers/configurations/ncuts_scenes.toml --data scenes.h5\n"
    "  train_ncuts --config run.toml --train.epochs 5 --model.trunk vgg16 --model.cut relu5_3\n"
    "  train_ncuts --config run.toml --dry-run\n"
    "SIGUSR1 or SIGTERM: writes a checkpoint and exits with status 85; --resume auto goes on from "
    "it.";

void declare(CommandLine& line, Settings& s) {
  line.option("data", s.data, "Packed training images (analysis/pack_bsds.py, make_scenes.py)");
  line.option("output", s.output, "Run file: configuration, machine, metrics of every step");
  line.option("checkpoint", s.checkpoint, "Checkpoint: parameters and the optimizer's state");
  line.option("checkpoint_steps", s.checkpoint_steps, "Steps between checkpoints");
  line.choice("resume", s.resume, {"never", "auto"},
              "auto: go on from the checkpoint where there is one");
  line.option("import", s.import,
              "Checkpoint with weights for layers of the same name and shape (pretrained trunks)");
  line.option("affinity_ridge", s.affinity_ridge,
              "Ridge of the scatter within segments whose inverse is the affinity's metric");
  line.choice("log", s.log_level, {"debug", "info", "warning", "error", "off"},
              "What is told on standard error");
  declare_ncuts_options(line, s.training);
  line.flag("dry-run", s.dry_run, "Print the model layer by layer and stop");
  line.epilogue(examples);
}

void import_weights(const Settings& s, NCutsTrainer& trainer, const Communicator& world,
                    spdlog::logger& log) {
  if (s.import.empty()) return;
  const auto source = read_checkpoint(s.import, world);
  const auto loaded = load_matching_parameters(source.parameters, trainer.graph().parameters());
  require(!loaded.empty(),
          "'" + s.import + "' holds no parameter of a name and shape of this model");
  log.info("imported {} of {} parameters from {}", loaded.size(),
           trainer.graph().parameters().size(), s.import);
}

std::map<std::string, double> row_of(const NCutsStep& step, std::int64_t number, double epoch,
                                     double seconds) {
  return {{"step", static_cast<double>(number)},
          {"epoch", epoch},
          {"objective", step.objective},
          {"rank_w", step.rank_w},
          {"rank_e", step.rank_e},
          {"bound_holds", step.bound_holds},
          {"learning_rate", step.learning_rate},
          {"gradient_norm", step.gradient_norm},
          {"seconds", seconds}};
}

ExitStatus train(const Settings& s, const std::string& configuration, const StopRequest& stop,
                 Session& session) {
  const auto& world = session.world();
  const auto log = make_logger(world, s.log_level);
  const SegmentationDataset data(s.data);
  NCutsTrainer trainer(s.training, data, world);
  const bool resume = s.resume == "auto" && access(s.checkpoint.c_str(), F_OK) == 0;
  if (resume) {
    trainer.restore(read_checkpoint(s.checkpoint, world), s.checkpoint);
    log->info("going on from step {} of {}", trainer.steps_done(), s.checkpoint);
  } else {
    import_weights(s, trainer, world, *log);
  }
  RunFile run(s.output, "train_ncuts", configuration, s.training.seed,
              resume ? trainer.steps_done() : -1, world);
  log->info("{} images, {} parameters, {} steps on {} ranks", data.size(),
            trainer.graph().parameters().scalars(), trainer.total_steps(), world.size());

  const auto save = [&] {
    run.flush();
    write_checkpoint(s.checkpoint, trainer.checkpoint(configuration), world);
  };
  if (!resume) save();
  Progress progress("training", trainer.total_steps(), world.is_root() && s.log_level != "off");
  while (trainer.steps_done() < trainer.total_steps()) {
    const Timer timer;
    const auto step = trainer.step(stop.requested());
    const auto done = trainer.steps_done();
    const double epoch = static_cast<double>(done) / static_cast<double>(trainer.steps_per_epoch());
    run.append("train", row_of(step, done, epoch, timer.seconds()));
    char note[96];
    std::snprintf(note, sizeof note, "epoch %.1f  J %.3f  rank W %.1f  rank E %.1f", epoch,
                  step.objective, step.rank_w, step.rank_e);
    progress.update(done, note);
    if (step.stop_requested && done < trainer.total_steps()) {
      save();
      return ExitStatus::stopped_by_request;
    }
    if (done % s.checkpoint_steps == 0) save();
  }
  auto final_state = trainer.checkpoint(configuration);
  log->info("measuring the scatter within segments for the affinity");
  NCutsFeatures features(s.training, final_state.parameters, "the trained model");
  const auto affinity = fit_affinity(features, data, s.affinity_ridge, world);
  Tensor<double> lambda({s.training.model.features, s.training.model.features});
  from_host(lambda, affinity);
  final_state.results["affinity"] = lambda;
  run.flush();
  write_checkpoint(s.checkpoint, final_state, world);
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) {
  // From the first moment to the last: a signal must not end the process while it starts or ends.
  const StopRequest stop;
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("train_ncuts", description);
    declare(line, s);
    if (!line.parse(argc, argv)) {
      if (session.world().is_root()) std::puts(line.help().c_str());
      return ExitStatus::success;
    }
    add_petsc_options(line.petsc_arguments());
    check_ncuts_settings(s.training);
    if (s.checkpoint_steps <= 0) throw ConfigurationError("checkpoint_steps must be positive");
    if (s.dry_run) {
      if (session.world().is_root()) std::fputs(describe_ncuts_model(s.training).c_str(), stdout);
      return ExitStatus::success;
    }
    if (s.data.empty()) throw ConfigurationError("no training images: give --data FILE");
    return train(s, line.configuration(), stop, session);
  });
}
