#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "cuts/graph_spectrum.hpp"
#include "models/report.hpp"
#include "runtime/error.hpp"
#include "runtime/process_memory.hpp"
#include "segmentation/segmenter_options.hpp"
#include "training/boundary_problem.hpp"
#include "training/memory_estimate.hpp"
#include "training/ncuts_problem.hpp"
#include "training/training_run.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  NCutsTrainingSettings training;
  TrainingFiles files;
  std::string test;
  SegmenterSettings segmenter;
  double metric_ridge = 1e-3;
  std::int64_t memory_limit = SegmentationDataset::default_memory >> 20;
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
  declare_training_files(line, s.files,
                         "Packed training images (analysis/pack_bsds.py, make_scenes.py)");
  line.option("test", s.test,
              "The same for testing, scored every train.score_epochs: boundary maps, or the "
              "segmentations of a low-rank affinity");
  line.option("metric_ridge", s.metric_ridge,
              "Ridge of the scatter within segments whose inverse is the metric of features");
  declare_memory_limit(line, s.memory_limit);
  declare_ncuts_options(line, s.training);
  declare_segmenter_options(line, s.segmenter);
  line.flag("dry-run", s.dry_run,
            "Print the model layer by layer and the memory that its training takes, and stop");
  line.epilogue(std::string(examples) + "\n" + graph_solver_help);
}

// Data sets as they are held, an image on its way into the network; where the sets are not given,
// what they take at most.
void add_data(const Settings& s, const TensorSpec& input, MemoryEstimate& memory) {
  const auto limit = static_cast<double>(memory_limit_bytes(s.memory_limit));
  // Where nothing is known: an image of the input's size, segmented by seven people.
  const auto pixels = static_cast<double>(input.shape.size() / input.shape.columns());
  double largest = pixels * (3 + 7 * sizeof(std::int32_t));
  for (const auto& path : {s.files.data, s.test}) {
    if (path.empty()) continue;
    const SegmentationDataset data(path, 0);
    memory.add("images of " + path, std::min(limit, static_cast<double>(data.bytes())));
    largest = static_cast<double>(data.largest_image());
  }
  if (s.files.data.empty()) memory.add("images, up to memory_limit", limit);
  // As read, resampled, normalized.
  memory.add("an image on its way",
             largest + pixels * 3 * sizeof(float) + static_cast<double>(input.bytes()));
}

void dry_run(const Settings& s, const Communicator& world) {
  const auto& training = s.training;
  MemoryEstimate memory(resident_memory());
  const auto model = ncuts_graph(training);
  memory.add_training(model.graph, model.inputs, training.solver);
  add_data(s, model.inputs[0], memory);
  if (training.has_graph() && !training.learns_boundaries())
    memory.leave_out("what the solvers of the affinity graph keep");
  const auto table = describe_graph(model.graph, model.inputs) + memory.text();
  if (world.is_root()) std::fputs(table.c_str(), stdout);
}

ExitStatus train(const Settings& s, const std::string& configuration, const StopRequest& stop,
                 Session& session) {
  const auto& world = session.world();
  const TrainingClaim claim(s.files, {{"test", s.test}}, {}, world);
  const auto log = make_logger(world, s.files.log_level, s.files.log_path());
  const std::int64_t limit = memory_limit_bytes(s.memory_limit);
  const SegmentationDataset data(s.files.data, limit);
  std::unique_ptr<const SegmentationDataset> test;
  if (!s.test.empty()) test = std::make_unique<SegmentationDataset>(s.test, limit);
  std::unique_ptr<Problem> problem;
  if (s.training.learns_boundaries()) {
    problem = std::make_unique<BoundaryProblem>(s.training, data, test.get(), world);
  } else {
    problem = std::make_unique<NCutsProblem>(
        s.training, data, NCutsScoring{test.get(), s.segmenter}, s.metric_ridge, world);
  }
  const auto solver = make_solver(s.training.solver, *problem, world);
  return run_training(
      {"train_ncuts", s.files, configuration, s.training.solver.seed, claim.digests()}, *problem,
      *solver, stop, world, *log);
}

}  // namespace

int main(int argc, char** argv) {
  // From the first moment to the last: a signal must not end the process while it starts or ends.
  const StopRequest stop;
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("train_ncuts", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check_ncuts_settings(s.training);
    try {
      check_segmenter_settings(s.segmenter);
    } catch (const InputError& error) {
      throw ConfigurationError(error.what());
    }
    if (!s.test.empty() && !s.training.learns_boundaries() && s.training.has_graph())
      throw ConfigurationError(
          "--test scores a low-rank affinity, or objective.kind = \"boundary\"; segmentations of a "
          "graph are scored by segment and evaluate_segmentation");
    if (s.dry_run) {
      dry_run(s, session.world());
      return ExitStatus::success;
    }
    check_training_files(s.files);
    return train(s, line.configuration(), stop, session);
  });
}
