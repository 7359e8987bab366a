#include <cmath>
#include <limits>

#include "cuts/grid_hierarchy.hpp"
#include "cuts/slepc_subspace.hpp"
#include "graph_problem.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

TEST(PixelGrid, OffsetsAreHalfOfTheDisc) {
  EXPECT_EQ(half_plane_offsets(1).size(), 2u);
  EXPECT_EQ(half_plane_offsets(2).size(), 6u);
  EXPECT_EQ(half_plane_offsets(5).size(), 40u);
  EXPECT_EQ(half_plane_offsets(10).size(), 158u);
  EXPECT_THROW(half_plane_offsets(0), InputError);
  EXPECT_THROW(half_plane_offsets(11), InputError);
}

TEST(PixelGrid, SharesCoverTheLines) {
  for (const std::int64_t height : {1, 3, 7, 100, 321, 5000}) {
    for (const int ranks : {1, 2, 3, 4, 7}) {
      std::int64_t next = 0;
      for (int r = 0; r < ranks; ++r) {
        const PixelGrid grid(height, 5, r, ranks);
        EXPECT_EQ(grid.own().first, next);
        next = grid.own().end();
        EXPECT_LE(std::abs(grid.own().count - height / ranks), 8);
      }
      EXPECT_EQ(next, height);
    }
  }
  EXPECT_THROW(PixelGrid(0, 5, 0, 1), InputError);
  EXPECT_THROW(PixelGrid(std::int64_t{1} << 20, std::int64_t{1} << 20, 0, 1), InputError);
}

// y = M x of random vectors; every rank fills its own pixels.
VectorBlock<double> random_block(const PixelGrid& grid, int columns) {
  const RandomStream stream(RandomKey{5, RandomPurpose::test, 0, 0, 0});
  VectorBlock<double> x(grid.own_pixels(), columns);
  for (std::int64_t i = 0; i < x.rows; ++i) {
    for (int j = 0; j < columns; ++j)
      x.row(i)[j] =
          stream.normal(static_cast<std::uint64_t>((grid.first_pixel() + i) * columns + j));
  }
  return x;
}

Dense dense_normalized(const GraphProblem& p) {
  Dense m = p.dense();
  std::vector<double> degrees(static_cast<std::size_t>(m.rows()), 0.0);
  for (int i = 0; i < m.rows(); ++i) {
    for (int j = 0; j < m.columns(); ++j) degrees[static_cast<std::size_t>(i)] += m(i, j);
  }
  for (int i = 0; i < m.rows(); ++i) {
    for (int j = 0; j < m.columns(); ++j)
      m(i, j) /=
          std::sqrt(degrees[static_cast<std::size_t>(i)] * degrees[static_cast<std::size_t>(j)]);
  }
  return m;
}

template <class Weight, class X>
void expect_product(const GraphProblem& p, const Dense& m, int columns, double tolerance) {
  const auto matrix = normalized<Weight>(HostExecutionSpace(), p.graph());
  const auto x = random_block(matrix.grid(), columns);
  const auto all = random_block(PixelGrid(p.height, p.width, 0, 1), columns);
  VectorBlock<X> from(x.rows, columns), to(x.rows, columns);
  copy_block(HostExecutionSpace(), x, from);
  copy_block(HostExecutionSpace(), x, to);
  std::vector<X> betas(static_cast<std::size_t>(from.ld), X(0));
  for (int j = 0; j < columns; ++j) betas[static_cast<std::size_t>(j)] = static_cast<X>(0.1 * j);
  StencilTerms<X> terms;
  terms.alpha = 2;
  terms.gamma = -1;
  terms.betas = betas.data();
  // What lies around the operand is not read, not even to be multiplied by zero.
  const std::size_t size = from.view.size();
  std::vector<X> guarded(3 * size, std::numeric_limits<X>::quiet_NaN());
  std::copy_n(from.data(), size, guarded.data() + size);
  matrix.apply(HostExecutionSpace(), guarded.data() + size, to.data(), to.data(), columns, terms);
  const std::int64_t first = matrix.grid().first_pixel();
  for (std::int64_t i = 0; i < x.rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      double expected = (0.1 * j - 1) * x.row(i)[j];
      for (std::int64_t l = 0; l < p.pixels(); ++l)
        expected += 2 * m(static_cast<int>(first + i), static_cast<int>(l)) * all.row(l)[j];
      ASSERT_NEAR(static_cast<double>(to.row(i)[j]), expected, tolerance) << i << " " << j;
    }
  }
}

TEST(StencilMatrix, EqualsTheFullMatrix) {
  for (const int radius : {1, 5, 10}) {
    // Wide enough for whole registers and what is left over.
    const auto p = uneven_problem(7, 75, radius);
    const auto m = dense_normalized(p);
    for (const int columns : {1, 3, 16, 20, 32, 44}) {
      SCOPED_TRACE(testing::Message() << "radius " << radius << ", columns " << columns);
      expect_product<double, double>(p, m, columns, 1e-13);
      expect_product<float, double>(p, m, columns, 1e-6);
      expect_product<float, float>(p, m, columns, 1e-5);
    }
  }
  // Lines shorter than the radius.
  for (const std::int64_t width : {1, 2, 3}) {
    for (const int radius : {1, 5, 10}) {
      SCOPED_TRACE(testing::Message() << "radius " << radius << ", width " << width);
      const auto tall = uneven_problem(100, width, radius);
      const auto m = dense_normalized(tall);
      for (const int columns : {1, 5}) expect_product<double, double>(tall, m, columns, 1e-13);
    }
  }
}

TEST(StencilMatrix, EqualsPetscsSparseMatrix) {
  const auto& comm = test_communicator();
  const auto p = uneven_problem(40, 50, 5);
  const auto matrix = normalized<double>(HostExecutionSpace(), p.graph());
  const auto x = random_block(matrix.grid(), 1);
  VectorBlock<double> y(x.rows, 1);
  matrix.apply(HostExecutionSpace(), x.data(), static_cast<const double*>(nullptr), y.data(), 1,
               StencilTerms<double>());
  const auto aij = assembled_matrix(matrix, comm);
  VecHandle from, to;
  check_petsc(MatCreateVecs(aij.get(), from.address(), to.address()));
  PetscScalar* values = nullptr;
  check_petsc(VecGetArrayWrite(from.get(), &values));
  std::copy_n(x.data(), x.rows, values);
  check_petsc(VecRestoreArrayWrite(from.get(), &values));
  check_petsc(MatMult(aij.get(), from.get(), to.get()));
  const PetscScalar* product = nullptr;
  check_petsc(VecGetArrayRead(to.get(), &product));
  for (std::int64_t i = 0; i < x.rows; ++i) ASSERT_NEAR(product[i], *y.row(i), 1e-14);
  check_petsc(VecRestoreArrayRead(to.get(), &product));
}

// W_c = PᵀWP and D_c = PᵀD with odd extents, also where a coarse graph is halved again.
TEST(AffinityGraph, HalvedEqualsTheGalerkinProduct) {
  for (const int radius : {1, 2, 5}) {
    SCOPED_TRACE(radius);
    const auto p = uneven_problem(13, 11, radius);
    const auto whole = affinity_graph(HostExecutionSpace(), PixelGrid(p.height, p.width, 0, 1),
                                      p.offsets, p.edges.data(), nullptr);
    Dense w = p.dense();
    auto graph = halved(HostExecutionSpace(), whole);
    std::int64_t height = p.height, width = p.width;
    for (int level = 0; level < 3; ++level) {
      const std::int64_t coarse_width = (width + 1) / 2;
      const auto n = static_cast<int>((height + 1) / 2 * coarse_width);
      Dense prolongation(w.rows(), n);
      for (std::int64_t i = 0; i < height * width; ++i)
        prolongation(static_cast<int>(i),
                     static_cast<int>(i / width / 2 * coarse_width + i % width / 2)) = 1;
      w = prolongation.transposed() * w * prolongation;
      ASSERT_EQ(graph.grid().pixels(), n);
      VectorBlock<double> unit(n, n), product(n, n);
      for (int i = 0; i < n; ++i) unit.row(i)[i] = 1;
      graph.weights.apply(HostExecutionSpace(), unit.data(), static_cast<const double*>(nullptr),
                          product.data(), n, StencilTerms<double>());
      for (int i = 0; i < n; ++i) {
        double degree = 0;
        for (int j = 0; j < n; ++j) {
          degree += w(i, j);
          ASSERT_NEAR(product.row(i)[j], w(i, j), 1e-12);
        }
        EXPECT_NEAR(graph.degrees[static_cast<std::size_t>(i)], degree, 1e-11);
      }
      graph = halved(HostExecutionSpace(), graph);
      height = (height + 1) / 2;
      width = coarse_width;
    }
  }
}

// The V-cycle is symmetric, positive, and near the inverse of I − M: conjugate gradients need few
// steps. Its result does not depend on the ranks.
TEST(GridHierarchy, CycleIsSymmetricAndTheSameOnAnyRanks) {
  const auto& comm = test_communicator();
  for (const auto& [height, width] : {std::pair{60, 50}, std::pair{260, 6}, std::pair{9, 8}}) {
    SCOPED_TRACE(height);
    const auto p = uneven_problem(height, width, 3);
    const GridHierarchy<double> grids(HostExecutionSpace(), p.graph(), 10);
    const auto r = random_block(grids.finest().grid(), 4);
    VectorBlock<double> z(r.rows, 4);
    grids.precondition(r, z, 2);
    const auto products = gram_matrix(HostExecutionSpace(), r, z, &comm);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_GT(products[i * 5], 0);
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_NEAR(products[i * 4 + j], products[j * 4 + i], 1e-10 * products[0]);
    }
    const auto whole = affinity_graph(HostExecutionSpace(), PixelGrid(p.height, p.width, 0, 1),
                                      p.offsets, p.edges.data(), nullptr);
    const GridHierarchy<double> alone(HostExecutionSpace(), whole, 10);
    const auto all = random_block(whole.grid(), 4);
    VectorBlock<double> expected(all.rows, 4);
    alone.precondition(all, expected, 2);
    const std::int64_t first = grids.finest().grid().first_pixel();
    for (std::int64_t i = 0; i < r.rows; ++i) {
      for (int j = 0; j < 4; ++j)
        ASSERT_NEAR(z.row(i)[j], expected.row(first + i)[j], 1e-9 * std::sqrt(products[0]));
    }
  }
}

TEST(GridHierarchy, BoundsTheSpectrumFromBelow) {
  const auto p = uneven_problem(20, 21, 2);
  const auto matrix = normalized<double>(HostExecutionSpace(), p.graph());
  std::vector<int> labels(static_cast<std::size_t>(p.pixels()), 0);
  const double lowest = dense_truncated_j1(p.dense(), 1, labels, 1).eigenvalues.back();
  const double bound = lowest_eigenvalue(HostExecutionSpace(), matrix);
  EXPECT_LE(bound, lowest);
  EXPECT_GE(bound, lowest - 0.2);
}

}  // namespace
}  // namespace eigenprop
