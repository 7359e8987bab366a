#include <cstdio>
#include <memory>

#include "models/report.hpp"
#include "training/dictionary_problem.hpp"
#include "training/training_run.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  DictionarySettings training;
  TrainingFiles files;
  std::string validation;
  std::int64_t features = 64;
  bool dry_run = false;
};

// Features of a data set that each rank keeps in memory.
constexpr std::int64_t kept_bytes = std::int64_t{1} << 30;

constexpr const char* description =
    "Learns a dictionary from points without labels: sparse coding, its topographic form, ICA "
    "with\n"
    "reconstruction cost (RICA), or an autoencoder. Points are spread over the ranks.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 train_dictionary --config drivers/configurations/sparse_bsds.toml --data "
    "patches.h5\n"
    "  train_dictionary --data patches.h5 --model.objective rica --train.method lmvm -tao_monitor\n"
    "  train_dictionary --data patches.h5 --model.objective autoencoder --train.rate 0.01\n"
    "The options of TAO's search for topographic codes begin with -codes_.\n"
    "SIGUSR1 or SIGTERM: exits with status 85; --resume auto goes on from the last checkpoint.";

void declare(CommandLine& line, Settings& s) {
  declare_training_files(line, s.files, "Points (analysis/pack_patches.py, pack_points.py)");
  declare_dictionary_options(line, s.training);
  line.option("validation", s.validation, "Points that are scored after every epoch or restart");
  line.option("features", s.features, "Features of a point for the model that --dry-run prints");
  line.flag("dry-run", s.dry_run, "Print the model layer by layer and stop");
  line.epilogue(examples);
}

ExitStatus train(const Settings& s, const std::string& configuration, const StopRequest& stop,
                 Session& session) {
  const auto& world = session.world();
  const TrainingClaim claim(s.files, {{"validation", s.validation}}, {}, world);
  const auto log = make_logger(world, s.files.log_level, s.files.log_path());
  const PointDataset data(s.files.data, kept_bytes);
  std::unique_ptr<const PointDataset> validation;
  if (!s.validation.empty()) validation = std::make_unique<PointDataset>(s.validation, kept_bytes);
  DictionaryProblem problem(s.training, data, validation.get(), world);
  const auto solver = make_solver(s.training.solver, problem, world);
  return run_training(
      {"train_dictionary", s.files, configuration, s.training.solver.seed, claim.digests()},
      problem, *solver, stop, world, *log);
}

}  // namespace

int main(int argc, char** argv) {
  // From the first moment to the last: a signal must not end the process while it starts or ends.
  const StopRequest stop;
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("train_dictionary", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check_dictionary_settings(s.training);
    if (s.dry_run) {
      const auto table = describe_graph(build_dictionary(s.training, s.features),
                                        dictionary_inputs(s.training, s.features, 1));
      if (session.world().is_root()) std::fputs(table.c_str(), stdout);
      return ExitStatus::success;
    }
    check_training_files(s.files);
    return train(s, line.configuration(), stop, session);
  });
}
