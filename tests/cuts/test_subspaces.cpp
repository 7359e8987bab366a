// Leading eigenvectors by the V-cycle, goals of residuals, filters whose interval is too short.
#include <algorithm>
#include <cmath>

#include "cuts/corrected_subspace.hpp"
#include "graph_problem.hpp"

namespace eigenprop {
namespace {

// Ritz pairs on the finest grid that are far from converged.
template <class Weight>
Subspace rough_start(const GridHierarchy<Weight>& grids, int wanted, int block) {
  SubspaceSettings settings;
  settings.wanted = wanted;
  settings.block = block;
  settings.goal.tolerance = 1;
  return filtered_subspace(grids, settings);
}

template <class Weight>
void expect_dense_eigenvalues(const GraphProblem& p, const std::vector<double>& expected,
                              double goal, double error) {
  const auto& comm = test_communicator();
  const int wanted = 6;
  const GridHierarchy<Weight> grids(HostExecutionSpace(), p.graph(), 14);
  auto found = rough_start(grids, wanted, 14);
  ASSERT_GT(found.worst(wanted), 1e-4);
  const int before = found.products;
  correct_subspace(grids, 0, wanted, {goal}, before + 600, found);
  EXPECT_LE(found.worst(wanted), goal);
  EXPECT_LT(found.products, before + 600);
  for (std::size_t l = 0; l < wanted; ++l) EXPECT_NEAR(found.values[l], expected[l], error);
  const auto& u = found.vectors;
  const auto gram = gram_matrix(HostExecutionSpace(), u, u, &comm);
  for (int i = 0; i < u.columns; ++i) {
    for (int j = 0; j < u.columns; ++j)
      EXPECT_NEAR(gram[static_cast<std::size_t>(i * u.columns + j)], i == j ? 1 : 0, 1e-12);
  }
}

TEST(CorrectedSubspace, ReachesTheDenseEigenvalues) {
  const auto p = uneven_problem(24, 25, 2);
  const auto expected =
      dense_truncated_j1(p.dense(), 6, std::vector<int>(static_cast<std::size_t>(p.pixels())), 1)
          .eigenvalues;
  expect_dense_eigenvalues<double>(p, expected, 1e-10, 1e-13);
  expect_dense_eigenvalues<float>(p, expected, 1e-5, 1e-6);
}

// From random vectors, with 16 times as many pixels and eigenvalues 16 times as near to 1: about as
// many products to the same relative residual.
TEST(CorrectedSubspace, NeedsAsManyStepsOnLargeImages) {
  const int wanted = 6;
  const auto products = [&](std::int64_t side) {
    const auto p = uneven_problem(side, side, 1);
    const GridHierarchy<float> grids(HostExecutionSpace(), p.graph(), 14);
    const auto eigenvalues = rough_start(grids, wanted, 14).values;
    const double goal = 0.02 * (1 - eigenvalues[static_cast<std::size_t>(wanted - 1)]);
    Subspace found;
    found.vectors = VectorBlock<double>(p.grid().own_pixels(), 14);
    const RandomStream stream(RandomKey{3, RandomPurpose::test, 0, 0, 0});
    for (std::int64_t i = 0; i < found.vectors.rows; ++i) {
      for (int j = 0; j < 14; ++j)
        found.vectors.row(i)[j] =
            stream.normal(static_cast<std::uint64_t>((p.grid().first_pixel() + i) * 14 + j));
    }
    rayleigh_ritz(HostExecutionSpace(), grids.finest().matrix, found);
    correct_subspace(grids, 0, wanted, {goal}, 600, found);
    EXPECT_LE(found.worst(wanted), goal);
    return found.products;
  };
  const int small = products(96);
  EXPECT_LE(products(384), 1.2 * small);
}

// Grids that are gone through twice need eigenvalues of B (I − M) below 2, or B is not positive.
TEST(GridHierarchy, CycleDoesNotOvershoot) {
  const auto& comm = test_communicator();
  const RandomStream stream(RandomKey{7, RandomPurpose::test, 0, 0, 0});
  const GraphProblem jumps(240, 200, 2, [&](auto, auto, std::uint64_t edge) {
    const double u = stream.normal(edge);
    return std::exp(-4 * u * u);
  });
  for (const auto& p : {uneven_problem(240, 200, 1), uneven_problem(240, 200, 5), jumps}) {
    const GridHierarchy<double> grids(HostExecutionSpace(), p.graph(), 14);
    const auto& m = grids.finest().matrix;
    const std::int64_t rows = m.grid().own_pixels();
    VectorBlock<double> x(rows, 1), a_x(rows, 1), next(rows, 1);
    for (std::int64_t i = 0; i < rows; ++i)
      *x.row(i) = stream.normal(static_cast<std::uint64_t>(m.grid().first_pixel() + i));
    double largest = 0;
    for (int step = 0; step < 60; ++step) {
      StencilTerms<double> terms;
      terms.alpha = -1;
      terms.beta = 1;
      m.apply(HostExecutionSpace(), x.data(), static_cast<const double*>(nullptr), a_x.data(), 1,
              terms);
      grids.precondition(a_x, next, 2);
      const auto product = [&](const VectorBlock<double>& a, const VectorBlock<double>& b) {
        return gram_matrix(HostExecutionSpace(), a, b, &comm)[0];
      };
      largest = product(a_x, next) / product(x, a_x);
      const double norm = std::sqrt(product(next, next));
      for (std::int64_t i = 0; i < rows; ++i) *x.row(i) = *next.row(i) / norm;
    }
    EXPECT_GT(largest, 0.9);
    EXPECT_LT(largest, 1.9);
  }
}

TEST(GraphSpectrum, ResidualsAreAShareOfTheGap) {
  const auto p = uneven_problem(40, 42, 2);
  GraphSpectrumSettings settings;
  settings.vectors = 4;
  settings.tolerance = 1e-1;
  const auto worst = [&](const GraphEigenvectors& at) {
    return *std::max_element(at.residuals.begin(), at.residuals.begin() + at.vectors);
  };
  settings.gap_share = 1e-4;
  const auto at = GraphSpectrum(HostExecutionSpace(), p.graph(), settings).eigenvectors();
  EXPECT_LE(worst(at), 1e-4 * at.gap);
  settings.least_vectors = 2;
  settings.vectors = 7;
  const auto chosen = GraphSpectrum(HostExecutionSpace(), p.graph(), settings).eigenvectors();
  EXPECT_LE(worst(chosen), 1e-4 * chosen.gap);
  for (int k = 2; k <= 7; ++k)
    EXPECT_GE(chosen.gap, chosen.values[static_cast<std::size_t>(k - 1)] -
                              chosen.values[static_cast<std::size_t>(k)] - 1e-12);
}

// Blocks that coarse grids see, and two regions of 3 x 3 pixels across their cells, which they do
// not: the latter are tied less to the rest, and come first.
GraphProblem hidden_regions() {
  const std::int64_t width = 112;
  const auto part = [](std::int64_t i) {
    const std::int64_t line = i / width, column = i % width;
    for (const int centre : {17, 65}) {
      if (std::abs(line - centre) <= 1 && std::abs(column - centre) <= 1) return -centre;
    }
    return static_cast<int>(line / 12 * 8 + column / 14);
  };
  return {96, width, 2, [&](std::int64_t i, std::int64_t j, std::uint64_t) {
            const int a = part(i), b = part(j);
            return a == b ? 1 : a < 0 || b < 0 ? 1e-7 : 1e-2 * (1 + 0.1 * ((a + b) % 7));
          }};
}

TEST(GraphSpectrum, FindsWhatCoarseGridsDoNotSee) {
  const auto p = hidden_regions();
  GraphSpectrumSettings settings;
  settings.vectors = 8;
  settings.guards = 8;
  settings.tolerance = 1e-4;
  settings.gap_share = 0.9;
  GraphSpectrum spectrum(HostExecutionSpace(), p.graph(), settings);
  const auto values = spectrum.eigenvectors().values;
  EXPECT_GT(values[2], 1 - 1e-6);
  EXPECT_LT(values[3], 1 - 1e-5);
}

// Blocks that are tied by less than what single precision makes of eigenvalues.
TEST(GraphSpectrum, SmallGapsAreSolvedInDouble) {
  const std::int64_t width = 96;
  const RandomStream stream(RandomKey{9, RandomPurpose::test, 0, 0, 0});
  const GraphProblem p(80, width, 3, [&](std::int64_t i, std::int64_t j, std::uint64_t edge) {
    const auto block = [](std::int64_t k) { return k / width / 27 * 10 + k % width / 17; };
    const double u = stream.uniform(edge);
    return block(i) == block(j) ? u : 1e-8 * u * u;
  });
  GraphSpectrumSettings settings;
  settings.vectors = 16;
  settings.least_vectors = 8;
  settings.guards = 8;
  settings.gap_share = 0.01;
  const auto solve = [&](WeightStorage storage) {
    settings.storage = storage;
    GraphSpectrum spectrum(HostExecutionSpace(), p.graph(), settings);
    const auto at = spectrum.eigenvectors();
    return std::pair(at, spectrum.single_weights());
  };
  const auto [expected, full] = solve(WeightStorage::full);
  const auto [rounded, single] = solve(WeightStorage::single);
  const auto [found, stays_single] = solve(WeightStorage::automatic);
  EXPECT_GT(std::abs(1 - rounded.values[0]), 0.1 * expected.gap);
  EXPECT_FALSE(stays_single);
  EXPECT_EQ(found.vectors, expected.vectors);
  EXPECT_EQ(found.gap, expected.gap);
  settings.vectors = 18;
  settings.least_vectors = 0;
  EXPECT_TRUE(solve(WeightStorage::automatic).second);
}

TEST(GraphCuts, SaysThatAnEigenvectorWasMissed) {
  const auto p = hidden_regions();
  auto settings = exact_settings(p, 8);
  settings.spectrum.guards = 8;
  settings.spectrum.tolerance = 1e-4;
  settings.spectrum.adjoint_tolerance = 1e-4;
  std::vector<int> labels;
  for (int i = 0; i < p.pixels(); ++i) labels.push_back(i % 3);
  try {
    run_graph_cuts(p, settings, {labels});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("that the eigensolver has missed"));
  }
}

// Residuals as a share of the gap bound the error of the gradient.
TEST(GraphCuts, ErrorOfTheGradientIsWithinTheShareOfTheGap) {
  const auto p = uneven_problem(24, 25, 2);
  auto settings = exact_settings(p, 6);
  const auto labels = block_labels(p, 2);
  const auto exact = run_graph_cuts(p, settings, {labels});
  settings.spectrum.tolerance = 1;
  for (const double share : {1e-1, 1e-2, 1e-3}) {
    settings.spectrum.gap_share = share;
    const auto found = run_graph_cuts(p, settings, {labels});
    double error = 0, norm = 0;
    p.for_each_edge([&](std::int64_t, std::int64_t, std::size_t edge) {
      error += std::pow(found.gradient[edge] - exact.gradient[edge], 2);
      norm += std::pow(exact.gradient[edge], 2);
    });
    EXPECT_LE(std::sqrt(error / norm), share);
    EXPECT_GT(settings.report->residual, 1e-10);
  }
}

// A few columns of the adjoint at once, which large graphs take, or all.
TEST(GraphCuts, AdjointInGroupsOfColumnsIsTheSame) {
  const auto p = uneven_problem(24, 25, 2);
  auto settings = exact_settings(p, 11);
  const auto labels = block_labels(p, 2);
  const auto whole = run_graph_cuts(p, settings, {labels});
  for (const int columns : {1, 3, 8}) {
    settings.spectrum.adjoint_columns = columns;
    const auto parts = run_graph_cuts(p, settings, {labels});
    double worst = 0, largest = 0;
    p.for_each_edge([&](std::int64_t, std::int64_t, std::size_t edge) {
      largest = std::max(largest, std::abs(whole.gradient[edge]));
      worst = std::max(worst, std::abs(parts.gradient[edge] - whole.gradient[edge]));
    });
    EXPECT_LE(worst, 1e-9 * largest) << columns;
  }
}

}  // namespace
}  // namespace eigenprop
