#include <cstdio>
#include <optional>

#include "models/embedding_scores.hpp"
#include "training/gain_descent.hpp"
#include "training/training_run.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  TsneSettings training;
  TrainingFiles files;
  std::string embedding = "embedding.h5";
};

constexpr const char* description =
    "Places points in the plane so that neighbours stay neighbours: t-SNE, or symmetric SNE. The\n"
    "gradient is exact, over all pairs; rows are spread over the ranks.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 embed_tsne --data digits.h5\n"
    "  embed_tsne --config drivers/configurations/tsne.toml --data digits.h5 --model.perplexity "
    "50\n"
    "  python3 analysis/plot_embedding.py t-SNE=embedding.h5 --output embedding.png\n"
    "SIGUSR1 or SIGTERM: exits with status 85; --resume auto goes on from the last checkpoint.";

void declare(CommandLine& line, Settings& s) {
  declare_training_files(line, s.files, "Points (analysis/pack_points.py, extract_activations)");
  declare_tsne_options(line, s.training);
  line.option("embedding", s.embedding, "Where the places go, with classes and targets");
  line.epilogue(examples);
}

void write_embedding(const Settings& s, const PointDataset& data, const std::vector<double>& places,
                     double divergence) {
  auto file = H5File::compose(s.embedding);
  file.set_format("eigenprop-embedding", 1);
  file.set_attribute("/", "source", s.training.kind);
  file.set_attribute("/", "divergence", divergence);
  write_embedded(file, "/train", data, {places, s.training.dimensions});
  file.publish();
}

ExitStatus train(const Settings& s, const std::string& configuration, const StopRequest& stop,
                 Session& session) {
  const auto& world = session.world();
  const TrainingClaim claim(s.files, {}, {{"embedding", s.embedding}}, world);
  const auto log = make_logger(world, s.files.log_level, s.files.log_path());
  const PointDataset data(s.files.data);
  std::optional<TsneProblem> started;
  StopNotice notice(stop, world);
  try {
    started.emplace(s.training, data, world, &notice);
  } catch (const Interrupted&) {
    log->info("stopped before the first step");
  }
  notice.settle();
  if (!started) return ExitStatus::stopped_by_request;
  auto& problem = *started;
  if (problem.affinities().undetermined > 0) {
    log->warn("{} points have as many duplicates as the perplexity: alike to these alone",
              problem.affinities().undetermined);
  }
  GainDescent solver(s.training, problem, world);
  log->info("learning rate {:.4g}", solver.rate());
  const auto status =
      run_training({"embed_tsne", s.files, configuration, s.training.seed, claim.digests()},
                   problem, solver, stop, world, *log);
  if (status != ExitStatus::success) return status;
  const double divergence = problem.evaluate(all_samples(problem), nullptr, nullptr).objective;
  log->info("divergence {:.6f} after {} steps", divergence, solver.steps_done());
  if (world.is_root()) write_embedding(s, data, problem.places(), divergence);
  return ExitStatus::success;
}

}  // namespace

int main(int argc, char** argv) {
  // From the first moment to the last: a signal must not end the process while it starts or ends.
  const StopRequest stop;
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("embed_tsne", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check_tsne_settings(s.training);
    check_training_files(s.files);
    return train(s, line.configuration(), stop, session);
  });
}
