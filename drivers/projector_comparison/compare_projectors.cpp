#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cuts/graph_cuts_operation.hpp"
#include "projector_comparison/projector_comparison.hpp"
#include "runtime/command_line.hpp"
#include "runtime/session.hpp"
#include "storage/output_claim.hpp"
#include "storage/run_file.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string output = "projectors.h5";
  std::int64_t side = 22;
  std::int64_t smallest_gap = 8;
  std::int64_t steps = 2;
  double tolerance = 1e-13;
  std::int64_t height = 24;
  std::int64_t width = 25;
  std::vector<std::int64_t> degrees = {25, 50, 100, 200, 400, 800};
  std::int64_t repetitions = 3;
};

// Up to here the filter is compared with matrices in full.
constexpr std::int64_t dense_pixels = 600;
constexpr int blocks_radius = 5;
constexpr int blocks = 4;

constexpr const char* description =
    "Measures the error of the gradient of the truncated J1 through an affinity graph's leading\n"
    "eigenvectors, solved by filtered subspaces and KSP, against the formula with all "
    "eigenvectors\n"
    "in long double: over the gap behind the last kept eigenvalue, over the gap between two kept\n"
    "ones, down to exactly 0; beside it the formulas in double. Then the spectral filter f(M) X\n"
    "against the projector: errors, seconds, products with M.";

constexpr const char* examples =
    "Writes a run file with tables /metrics/{gap,kept_gap}: |G - reference| / |reference| of the\n"
    "solved gradient (`graph`), of the projector's and of the eigenvectors' formula in double; "
    "and\n"
    "/metrics/filter, where degree 0 is the projector.\n"
    "  compare_projectors --output projectors.h5\n"
    "  python3 analysis/plot_projector_gap.py projectors.h5 --output projector_gap.png\n"
    "  compare_projectors --height 321 --width 481 --output image.h5";

// As far as lets the largest gap, 1e-1, be reached.
int halves_radius(std::int64_t side) {
  auto radius = static_cast<int>((side + 3) / 4);
  while (widest_gap(side, radius) < 0.11) ++radius;
  return radius;
}

void compare_gap(const Settings& s, int radius, const std::string& table, int vectors, double gap,
                 RunFile& file) {
  const auto problem = tied_halves(s.side, radius, tie_of_gap(s.side, radius, gap));
  const auto reference = extended_alignment(problem, vectors);
  const auto values = dense_eigenvalues(problem);
  const double gap_below =
      values[static_cast<std::size_t>(vectors - 1)] - values[static_cast<std::size_t>(vectors)];
  // Solutions grow with the inverse of the gap, and with them the rounding of their residuals.
  const double adjoint_tolerance = std::max(s.tolerance, 3e-19 / gap_below);
  const auto solved = solved_alignment(problem, vectors, s.tolerance, adjoint_tolerance);
  const auto error = [&](const DenseGradient& g) {
    return relative_error(g.edges, reference.edges);
  };
  std::map<std::string, double> row = {
      {"gap", gap},
      {"gap_below", gap_below},
      {"value_error", std::abs(solved.gradient.value - reference.value)},
      {"graph", error(solved.gradient)},
      {"projector", error(dense_alignment(problem, vectors, DenseFormula::projector))},
      {"eigenvectors", error(dense_alignment(problem, vectors, DenseFormula::eigenvectors))},
      {"products", static_cast<double>(solved.products)},
      {"adjoint_iterations", static_cast<double>(solved.adjoint_iterations)},
      {"adjoint_residual", solved.adjoint_residual}};
  file.append(table, row);
  file.flush_if_due();
  std::printf(
      "%-8s gap %8.1e  graph %8.1e  projector %8.1e  eigenvectors %8.1e  products %4.0f  "
      "adjoint %3.0f\n",
      table.c_str(), gap, row["graph"], row["projector"], row["eigenvectors"], row["products"],
      row["adjoint_iterations"]);
}

void compare_filter(const Settings& s, RunFile& file) {
  const auto problem = uneven_blocks(s.height, s.width, blocks_radius);
  GraphSpectrumSettings tight;
  tight.vectors = blocks;
  tight.tolerance = tight.adjoint_tolerance = 1e-11;
  const auto graph = graph_of_edges(HostExecutionSpace(), problem.edges.data(), problem.height,
                                    problem.width, problem.radius, nullptr);
  const auto values = GraphSpectrum(HostExecutionSpace(), graph, tight).eigenvectors().values;
  const double last = values[blocks - 1], next = values[blocks];
  const auto reference = problem.pixels() <= dense_pixels
                             ? dense_captured(problem, blocks)
                             : projector_captured(problem, blocks, tight, 1).gradient;
  const auto append = [&](int degree, const CapturedGradient& found) {
    std::map<std::string, double> row = {
        {"degree", degree},
        {"value_error", std::abs(found.gradient.value / reference.value - 1)},
        {"gradient_error", relative_error(found.gradient.edges, reference.edges)},
        {"forward_seconds", found.forward_seconds},
        {"adjoint_seconds", found.adjoint_seconds},
        {"forward_products", found.forward_products},
        {"adjoint_products", found.adjoint_products},
        {"columns", found.columns},
        {"last_eigenvalue", last},
        {"gap", last - next},
        {"pixels", static_cast<double>(problem.pixels())}};
    file.append("filter", row);
    file.flush_if_due();
    std::printf(
        "%-9s degree %4d  value %8.1e  gradient %8.1e  seconds %.4f + %.4f  products %d + "
        "%d of %d\n",
        degree == 0 ? "projector" : "filter", degree, row["value_error"], row["gradient_error"],
        found.forward_seconds, found.adjoint_seconds, found.forward_products,
        found.adjoint_products, found.columns);
  };
  GraphSpectrumSettings usual;
  append(0, projector_captured(problem, blocks, usual, static_cast<int>(s.repetitions)));
  // The step in the middle of the gap, as steep as lets both sides be flat.
  for (const auto degree : s.degrees) {
    append(static_cast<int>(degree),
           filter_captured(problem, static_cast<int>(degree), (last + next) / 2, (last - next) / 8,
                           static_cast<int>(s.repetitions)));
  }
}

void check(const Settings& s) {
  if (s.side < 6 || s.side > 24 || s.side % 2 != 0)
    throw ConfigurationError("side must be even, from 6 to 24");
  if (s.smallest_gap < 1 || s.smallest_gap > 12 || s.steps < 1 || s.steps > 1000 ||
      s.repetitions < 1 || s.repetitions > 1000)
    throw ConfigurationError(
        "smallest_gap must lie between 1 and 12, steps and repetitions between 1 and 1000");
  if (!(s.tolerance >= 1e-15 && s.tolerance < 1))
    throw ConfigurationError("tolerance must lie in [1e-15, 1)");
  constexpr std::int64_t longest = 10000;
  if (s.height < 12 || s.width < 12 || s.height > longest || s.width > longest)
    throw ConfigurationError("height and width must lie between 12 and " + std::to_string(longest));
  for (const auto degree : s.degrees) {
    if (degree < 1 || degree > 100000)
      throw ConfigurationError("degrees must lie between 1 and 100000");
  }
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("compare_projectors", description);
    line.file_name(s.config);
    line.option("output", s.output, "Run file to write");
    line.option("side", s.side, "Pixels on a side of the graph whose gaps close");
    line.option("smallest_gap", s.smallest_gap, "Gaps go from 1e-1 to 1e-N, kept ones then to 0");
    line.option("steps", s.steps, "Gaps for a factor of ten");
    line.option("tolerance", s.tolerance, "Of eigenpairs and of the adjoint systems");
    line.option("height", s.height, "Lines of the graph on which the filter is measured");
    line.option("width", s.width, "And its columns; the reference is exact up to 600 pixels");
    line.option("degrees", s.degrees, "Degrees of the filter");
    line.option("repetitions", s.repetitions, "Of which the fastest is told");
    line.epilogue(examples);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check(s);
    if (world.size() > 1) throw ConfigurationError("compare_projectors runs on one rank");
    const OutputClaim claim({{"config", s.config}}, {{"output", s.output}}, world);
    RunFile file(s.output, {"compare_projectors", line.configuration(), 1}, -1, world);
    const int radius = halves_radius(s.side);
    for (std::int64_t step = s.steps; step <= s.steps * s.smallest_gap; ++step) {
      const double gap = std::pow(10, -static_cast<double>(step) / static_cast<double>(s.steps));
      compare_gap(s, radius, "gap", 2, gap, file);
      compare_gap(s, radius, "kept_gap", 3, gap, file);
    }
    compare_gap(s, radius, "kept_gap", 3, 0, file);
    compare_filter(s, file);
    file.flush();
    return ExitStatus::success;
  });
}
