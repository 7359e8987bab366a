#include <cstdio>

#include "models/report.hpp"
#include "training/embedding_problem.hpp"
#include "training/training_run.hpp"

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

ExitStatus train(const Settings& s, const std::string& configuration, const StopRequest& stop,
                 Session& session) {
  const auto& world = session.world();
  const TrainingClaim claim(s.files, {}, {}, world);
  const auto log = make_logger(world, s.files.log_level, s.files.log_path());
  const PointDataset data(s.files.data);
  EmbeddingProblem problem(s.training, data, world);
  const auto solver = make_solver(s.training.solver, problem, world);
  return run_training(
      {"train_embedding", s.files, configuration, s.training.solver.seed, claim.digests()}, problem,
      *solver, stop, world, *log);
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
