// Normalized cuts of one large matrix whose rows are spread over ranks: seconds and peak memory of
// J2 with its gradient, of the eigenvectors by the Gram matrix, and of those by SLEPc; or, with
// --affinity graph, of a mosaic of images as a graph of pixels. For scaling curves: run it on 1, 2,
// 4 ... ranks, and on mosaics of several sizes.

#include "cuts/alignment.hpp"
#include "cuts/distributed_eigenvectors.hpp"
#include "graph_scaling.hpp"
#include "low_rank_rows.hpp"
#include "runtime/command_line.hpp"
#include "runtime/error.hpp"
#include "runtime/numbers.hpp"
#include "runtime/session.hpp"
#include "scaling_record.hpp"
#include "storage/digest.hpp"
#include "storage/output_claim.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::int64_t rows = 1000000;
  std::int64_t features = 20;
  std::int64_t segments = 8;
  std::int64_t vectors = 8;
  std::int64_t least_vectors = 0;
  std::int64_t radius = 2;
  double contour_width = 0.5;
  double gap_share = 0.1;
  std::string affinity = "low_rank";
  std::string config;
  std::string data;
  std::string output;

  bool has_graph() const { return affinity == "graph"; }
};

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 scale_ncuts --rows 10000000\n"
    "  mpirun -n 2 scale_ncuts --affinity graph --rows 1000000 --vectors 16 --output 1e6.h5\n"
    "  python3 analysis/plot_graph_sizes.py 1e5.h5 1e6.h5 --output sizes.png";

void scale_low_rank(const Settings& s, const Communicator& world, ScalingRecord& record) {
  const LowRankRows matrix(s.rows, s.features, s.segments, 1, world);
  const auto rows = matrix.rows();
  {
    std::vector<double> gradient(matrix.features.size());
    const ScalingTimer timer;
    const auto segmentation = count_segments(matrix.labels.data(), 1, rows.rows, world);
    const auto point = align(AlignmentObjective::j2, rows, nullptr, segmentation, {}, world);
    alignment_gradient(AlignmentObjective::j2, point, rows, nullptr, segmentation, 1,
                       gradient.data(), nullptr, world);
    record.stage("gradient", "J2 and gradient", timer, number_text(point.value));
  }
  EigenvectorSettings settings;
  settings.dimensions = static_cast<int>(s.vectors);
  {
    const ScalingTimer timer;
    const auto result = leading_eigenvectors(rows, nullptr, settings, world);
    record.stage("gram", "eigenvectors, Gram matrix", timer,
                 number_text(result.eigenvalues.back()));
  }
  const ScalingTimer timer;
  const auto result = distributed_eigenvectors(rows, nullptr, settings, world);
  record.stage("slepc", "eigenvectors, SLEPc", timer, number_text(result.eigenvalues.back()));
  record.set("rows", static_cast<double>(s.rows));
  record.set("features", static_cast<double>(s.features));
  record.set("vectors", static_cast<double>(s.vectors));
}

void check(const Settings& s) {
  if (s.rows <= 0 || s.features <= 0 || s.segments <= 0 || s.vectors <= 0)
    throw ConfigurationError("rows, features, segments and vectors must be positive");
  // Products of two fit 64 bits.
  if (s.rows > 1000000000000 || s.features > 1000000 || s.segments > 1000000)
    throw ConfigurationError("rows must be 1e12 or less, features and segments 1e6");
  // What the coarsest grid of a graph can hold.
  if (s.vectors > 2000) throw ConfigurationError("vectors must be 2000 or less");
  if (s.radius < 1 || s.radius > largest_edge_radius)
    throw ConfigurationError("radius must lie between 1 and " +
                             std::to_string(largest_edge_radius));
  if (s.least_vectors < 0 || s.least_vectors > s.vectors || s.gap_share <= 0 ||
      s.contour_width <= 0)
    throw ConfigurationError(
        "least_vectors must lie between 0 and vectors, gap_share and contour_width be positive");
  if (!s.data.empty() && !s.has_graph())
    throw ConfigurationError("--data gives the image of --affinity graph");
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("scale_ncuts",
                     "Times normalized cuts of one matrix with rows spread over ranks.");
    line.file_name(s.config);
    line.option("rows", s.rows, "Rows m of F over all ranks, or about as many pixels of a mosaic");
    line.option("features", s.features, "Columns d of F");
    line.option("segments", s.segments, "Segments k of low_rank");
    line.option("vectors", s.vectors, "Eigenvectors of M");
    line.choice("affinity", s.affinity, {"low_rank", "graph"},
                "low_rank, or graph: rows are the pixels of a mosaic");
    line.option("least_vectors", s.least_vectors,
                "graph: where positive, their number is chosen at the widest gap from this one on");
    line.option("gap_share", s.gap_share,
                "graph: largest residual of an eigenvector as a share of the gap behind the last");
    line.option("radius", s.radius, "Radius of the graph's edges");
    line.option(
        "data", s.data,
        "Packed images (make_mosaic.py), of which the first is the mosaic; empty: synthetic "
        "tiles");
    line.option("contour_width", s.contour_width,
                "Of the contours of --data, as a share of the map's strongest percent; trainings "
                "begin with 0.5");
    line.option("output", s.output,
                "Run file for what is measured, a table /metrics/{low_rank,graph}; empty: none");
    line.epilogue(std::string(examples) + "\n" + graph_solver_help);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check(s);
    std::vector<NamedFile> inputs = {{"config", s.config}, {"data", s.data}}, outputs;
    if (!s.output.empty()) outputs.push_back({"output", s.output});
    const OutputClaim claim(inputs, outputs, world);
    require_same_data({{"data", s.data}}, world);
    ScalingRecord record(world);
    if (s.has_graph()) {
      GraphSpectrumSettings spectrum;
      spectrum.vectors = static_cast<int>(s.vectors);
      spectrum.least_vectors = static_cast<int>(s.least_vectors);
      // Fewer than usual: each is one more vector over all pixels.
      spectrum.guards = 8;
      spectrum.gap_share = s.gap_share;
      scale_graph_cuts(
          s.data.empty() ? synthetic_mosaic(s.rows) : packed_mosaic(s.data, s.contour_width),
          static_cast<int>(s.radius), spectrum, world, record);
    } else {
      scale_low_rank(s, world, record);
    }
    if (s.output.empty()) return ExitStatus::success;
    RunFile file(s.output, {"scale_ncuts", line.configuration(), 1, true}, -1, world);
    record.write(s.affinity, file);
    return ExitStatus::success;
  });
}
