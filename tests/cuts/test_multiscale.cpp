#include <cmath>

#include "cuts/multiscale_graph.hpp"
#include "graph_problem.hpp"
#include "linalg/lapack.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// The stacked problem in full, as Cour, Bénézit and Shi write it: nodes of all scales, W of blocks,
// averaging constraints C X = 0 and the projector Q on what they leave of D^(1/2) X.
struct StackedProblem {
  GraphProblem finest;
  std::vector<GraphProblem> coarser;
  int nodes = 0;
  Dense averages{0, 0};  ///< A (nodes, pixels): X = A x
  std::vector<double> degrees;
  Dense projected{0, 0};  ///< Q M Q

  StackedProblem(std::int64_t height, std::int64_t width, int radius,
                 const std::vector<int>& coarse_radii, bool isolated = false)
      : finest(uneven_problem(height, width, radius)) {
    if (isolated) {
      // The first pixel, and all of the last cell of 4 x 4.
      const auto out = [&](std::int64_t i) {
        return i == 0 || (i / width / 4 == (height - 1) / 4 && i % width / 4 == (width - 1) / 4);
      };
      finest.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
        if (out(i) || out(j)) finest.edges[edge] = 0;
      });
    }
    std::vector<Dense> blocks = {finest.dense()};
    for (const int r : coarse_radii) {
      height = (height + 1) / 2;
      width = (width + 1) / 2;
      coarser.push_back(uneven_problem(height, width, r));
      blocks.push_back(coarser.back().dense());
    }
    for (const auto& block : blocks) nodes += block.rows();
    Dense w(nodes, nodes);
    int first = 0;
    for (const auto& block : blocks) {
      for (int i = 0; i < block.rows(); ++i) {
        double degree = 0;
        for (int j = 0; j < block.rows(); ++j) {
          w(first + i, first + j) = block(i, j);
          degree += block(i, j);
        }
        degrees.push_back(degree);
      }
      first += block.rows();
    }
    average();
    project(w);
  }

  void average() {
    const auto n = static_cast<int>(finest.pixels());
    averages = Dense(nodes, n);
    for (int i = 0; i < n; ++i) averages(i, i) = degrees[static_cast<std::size_t>(i)] > 0 ? 1 : 0;
    int first = n;
    int side = 1;
    for (const auto& scale : coarser) {
      side *= 2;
      for (int cell = 0; cell < scale.pixels(); ++cell) {
        std::vector<int> members;
        for (int i = 0; i < n; ++i) {
          const auto holder = i / finest.width / side * scale.width + i % finest.width / side;
          if (holder == cell && averages(i, i) > 0) members.push_back(i);
        }
        for (const int i : members)
          averages(first + cell, i) = 1 / static_cast<double>(members.size());
      }
      first += static_cast<int>(scale.pixels());
    }
  }

  void project(const Dense& w) {
    const auto n = static_cast<int>(finest.pixels());
    Dense root = Dense(nodes, nodes), m(nodes, nodes);
    std::vector<double> scale;
    for (const double d : degrees) scale.push_back(d > 0 ? 1 / std::sqrt(d) : 0);
    for (int i = 0; i < nodes; ++i) {
      for (int j = 0; j < nodes; ++j)
        m(i, j) = scale[static_cast<std::size_t>(i)] * w(i, j) * scale[static_cast<std::size_t>(j)];
    }
    // C D^(-1/2): coarse node less the mean of its pixels.
    Dense c(nodes - n, nodes);
    for (int row = 0; row < nodes - n; ++row) {
      c(row, n + row) = scale[static_cast<std::size_t>(n + row)];
      for (int i = 0; i < n; ++i)
        c(row, i) = -averages(n + row, i) * scale[static_cast<std::size_t>(i)];
    }
    const Dense q = Dense::identity(nodes) - spectrum(c.transposed() * c).projector;
    projected = q * m * q;
  }

  template <class Weight>
  MultiscaleGraph<Weight> graph(const AffinityGraph& of_pixels, int vectors) const {
    std::vector<CoarseScale> scales;
    int halvings = 0;
    for (const auto& scale : coarser)
      scales.push_back({++halvings, affinity_graph(HostExecutionSpace(),
                                                   PixelGrid(scale.height, scale.width, 0, 1),
                                                   scale.offsets, scale.edges.data(), nullptr)});
    return {HostExecutionSpace(), of_pixels, scales, vectors};
  }
};

// The whole D^(1/2) A D_1^(-1/2) X for the own rows X of all ranks.
Dense stacked_vectors(const StackedProblem& p, const VectorBlock<double>& own, int columns) {
  const auto n = static_cast<int>(p.finest.pixels());
  std::vector<double> all(static_cast<std::size_t>(n * columns), 0.0);
  for (std::int64_t i = 0; i < own.rows; ++i) {
    const std::int64_t pixel = p.finest.grid().first_pixel() + i;
    const double d = p.degrees[static_cast<std::size_t>(pixel)];
    for (int j = 0; j < columns; ++j)
      all[static_cast<std::size_t>(pixel * columns + j)] = d > 0 ? own.row(i)[j] / std::sqrt(d) : 0;
  }
  test_communicator().sum(all.data(), n * columns);
  Dense result = p.averages * Dense(n, columns, all);
  for (int i = 0; i < p.nodes; ++i) {
    for (int j = 0; j < columns; ++j)
      result(i, j) *= std::sqrt(p.degrees[static_cast<std::size_t>(i)]);
  }
  return result;
}

template <class Weight>
void expect_constrained_eigenvectors(const StackedProblem& p, double tolerance) {
  const auto of_pixels = p.finest.graph();
  const auto graph = p.graph<Weight>(of_pixels, 12);
  SubspaceSettings settings;
  settings.wanted = 5;
  settings.block = 12;
  settings.goal.tolerance = tolerance / 10;
  const auto found = multiscale_subspace(graph, settings);
  ASSERT_TRUE(found.converged);
  std::vector<double> rows = p.projected.data();
  std::vector<double> values(static_cast<std::size_t>(p.nodes));
  symmetric_eigen(p.nodes, rows.data(), values.data());
  const Dense u = stacked_vectors(p, found.vectors, settings.wanted);
  const Dense rest = p.projected * u;
  for (int l = 0; l < settings.wanted; ++l) {
    const double value = found.values[static_cast<std::size_t>(l)];
    EXPECT_NEAR(value, values[static_cast<std::size_t>(p.nodes - 1 - l)], tolerance);
    double norm = 0;
    double residual = 0;
    for (int i = 0; i < p.nodes; ++i) {
      norm += u(i, l) * u(i, l);
      residual += std::pow(rest(i, l) - value * u(i, l), 2);
    }
    EXPECT_NEAR(norm, 1, tolerance);
    EXPECT_LE(std::sqrt(residual), tolerance);
  }
}

// Odd sizes, and a grid that LAPACK solves, on one or several ranks.
TEST(MultiscaleGraph, EqualsTheConstrainedProblemInFull) {
  expect_constrained_eigenvectors<double>(StackedProblem(13, 11, 3, {2, 1}), 1e-10);
}

// Iterations on the finest grid, and in single precision.
TEST(MultiscaleGraph, EqualsItAfterIterations) {
  const StackedProblem p(21, 22, 3, {2, 1});
  expect_constrained_eigenvectors<double>(p, 1e-9);
  expect_constrained_eigenvectors<float>(p, 1e-4);
}

// Cells without a pixel that takes part have the mean zero, and no pull on anything.
TEST(MultiscaleGraph, LeavesIsolatedPixelsOut) {
  expect_constrained_eigenvectors<double>(StackedProblem(13, 12, 2, {2, 1}, true), 1e-10);
}

TEST(MultiscaleGraph, OneScaleIsTheGraphItself) {
  const StackedProblem p(21, 22, 3, {});
  expect_constrained_eigenvectors<double>(p, 1e-9);
}

TEST(MultiscaleGraph, RejectsScalesThatDoNotFit) {
  const auto p = uneven_problem(12, 10, 2);
  const auto cells = [](std::int64_t height, std::int64_t width) {
    const auto q = uneven_problem(height, width, 1);
    return affinity_graph(HostExecutionSpace(), PixelGrid(height, width, 0, 1), q.offsets,
                          q.edges.data(), nullptr);
  };
  const auto graph = p.graph();
  EXPECT_THROW(MultiscaleGraph<double>(HostExecutionSpace(), graph, {{1, cells(6, 4)}}, 4),
               InputError);
  EXPECT_THROW(
      MultiscaleGraph<double>(HostExecutionSpace(), graph, {{2, cells(3, 3)}, {1, cells(6, 5)}}, 4),
      InputError);
  const GraphProblem nothing(12, 10, 2, [](auto, auto, auto) { return 0.0; });
  const auto empty = nothing.graph();
  EXPECT_THROW(MultiscaleGraph<double>(HostExecutionSpace(), empty, {{1, cells(6, 5)}}, 4),
               InputError);
}

}  // namespace
}  // namespace eigenprop
