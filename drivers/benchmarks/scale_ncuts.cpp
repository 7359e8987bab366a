// Normalized cuts of one large matrix whose rows are spread over ranks: seconds and peak memory of
// J2 with its gradient, of the eigenvectors by the Gram matrix, and of those by SLEPc; or, with
// --affinity graph, of a mosaic of images as a graph of pixels. For scaling curves: run it on 1, 2,
// 4 ... ranks.

#include <cstdio>

#include "cuts/alignment.hpp"
#include "cuts/distributed_eigenvectors.hpp"
#include "data/sampling.hpp"
#include "graph_scaling.hpp"
#include "peak_memory.hpp"
#include "runtime/command_line.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"
#include "runtime/session.hpp"
#include "runtime/timer.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::int64_t rows = 1000000;
  std::int64_t features = 20;
  std::int64_t segments = 8;
  std::int64_t vectors = 8;
  std::int64_t radius = 2;
  std::string affinity = "low_rank";
};

void report(const char* what, double seconds, double result, const Communicator& world) {
  const double slowest = world.max(seconds);
  const double memory = world.sum(peak_memory());
  if (world.is_root())
    std::printf("%-28s %8.2f s   peak so far %6.2f GiB in all   %.9g\n", what, slowest, memory,
                result);
}

void run(const Settings& s, const Communicator& world) {
  const auto [first, last] = share_of(s.rows, world.rank(), world.size());
  const auto d = static_cast<int>(s.features);
  const std::int64_t own = last - first;
  std::vector<double> features(static_cast<std::size_t>(own * d));
  std::vector<std::int32_t> labels(static_cast<std::size_t>(own));
  const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
  for (std::int64_t i = 0; i < own; ++i) {
    const std::int64_t row = first + i;
    labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(row * s.segments / s.rows);
    for (int j = 0; j < d; ++j)
      features[static_cast<std::size_t>(i * d + j)] =
          stream.uniform(static_cast<std::uint64_t>(row * d + j));
  }
  const FeatureRows rows{features.data(), own, d};
  {
    std::vector<double> gradient(features.size());
    const Timer timer;
    const auto segmentation = count_segments(labels.data(), 1, own, world);
    const auto point = align(AlignmentObjective::j2, rows, nullptr, segmentation, {}, world);
    alignment_gradient(AlignmentObjective::j2, point, rows, nullptr, segmentation, 1,
                       gradient.data(), nullptr, world);
    report("J2 and gradient", timer.seconds(), point.value, world);
  }
  EigenvectorSettings settings;
  settings.dimensions = static_cast<int>(s.vectors);
  {
    const Timer timer;
    const auto result = leading_eigenvectors(rows, nullptr, settings, world);
    report("eigenvectors, Gram matrix", timer.seconds(), result.eigenvalues.back(), world);
  }
  const Timer timer;
  const auto result = distributed_eigenvectors(rows, nullptr, settings, world);
  report("eigenvectors, SLEPc", timer.seconds(), result.eigenvalues.back(), world);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    Settings s;
    CommandLine line("scale_ncuts",
                     "Times normalized cuts of one matrix with rows spread over ranks.");
    line.option("rows", s.rows, "Rows m of F over all ranks");
    line.option("features", s.features, "Columns d of F");
    line.option("segments", s.segments, "Segments k");
    line.option("vectors", s.vectors, "Eigenvectors of M");
    line.option("affinity", s.affinity, "low_rank, or graph: rows are the pixels of a mosaic");
    line.option("radius", s.radius, "Radius of the graph's edges");
    line.epilogue(graph_solver_help);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.rows <= 0 || s.features <= 0 || s.segments <= 0 || s.vectors <= 0)
      throw ConfigurationError("rows, features, segments and vectors must be positive");
    if (s.affinity == "graph") {
      scale_graph_cuts(s.rows, static_cast<int>(s.radius), static_cast<int>(s.vectors),
                       session.world());
    } else if (s.affinity == "low_rank") {
      run(s, session.world());
    } else {
      throw ConfigurationError("affinity is low_rank or graph, not " + s.affinity);
    }
    return ExitStatus::success;
  });
}
