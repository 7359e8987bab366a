#include "cuts/grid_hierarchy.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/random.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// Grids of fewer pixels are solved by LAPACK; those below the second number are on every rank.
constexpr std::int64_t dense_pixels = 400;
constexpr std::int64_t distributed_pixels = 20000;

// Functions that are constant on 2 x 2 pixels are stiffer than smooth ones: corrections from the
// coarse grid come out too small. On an image, 1.15 takes a third more iterations.
constexpr double overcorrection = 1.5;

template <class F>
void for_each_line(const HostExecutionSpace& space, std::int64_t lines, const F& f) {
  for_each_index(space, "lines of a grid", lines, f);
  space.fence();
}

// The rows of all ranks, on every rank.
template <class X>
VectorBlock<X> gather_rows(const PixelGrid& grid, const VectorBlock<X>& own,
                           const Communicator& comm) {
  VectorBlock<X> all(grid.pixels(), own.columns);
  std::copy_n(own.data(), own.rows * own.ld, all.row(grid.first_pixel()));
  comm.sum(all.data(), all.rows * all.ld);
  return all;
}

}  // namespace

template <class Weight>
GridHierarchy<Weight>::GridHierarchy(const HostExecutionSpace& space, const AffinityGraph& finest,
                                     int vectors)
    : space_(space), comm_(finest.weights.communicator()) {
  add_level(finest);
  std::unique_ptr<AffinityGraph> current;
  const auto graph = [&]() -> const AffinityGraph& { return current ? *current : finest; };
  for (;;) {
    const auto& grid = graph().grid();
    const std::int64_t coarse = grid.gathered().halved().pixels();
    const bool last = grid.pixels() <= dense_pixels || coarse <= 2 * std::int64_t{vectors} ||
                      coarse == grid.pixels();
    const bool distributed = graph().weights.communicator() != nullptr;
    if (last && !distributed) break;
    auto& level = levels_.back();
    level.gathers =
        distributed && (last || !grid.can_halve() || grid.pixels() < distributed_pixels);
    level.halves = !last;
    if (level.gathers) {
      current = std::make_unique<AffinityGraph>(gathered(graph()));
      level.all_roots = degree_power(*current, 0.5);
    }
    if (level.halves) current = std::make_unique<AffinityGraph>(halved(space_, graph()));
    add_level(*current);
  }
  solve_coarsest(graph());
}

template <class Weight>
void GridHierarchy<Weight>::add_level(const AffinityGraph& graph) {
  GridLevel<Weight> level{
      normalized<Weight>(space_, graph), degree_power(graph, 0.5), degree_power(graph, -0.5), {}};
  level.lowest = lowest_eigenvalue(space_, level.matrix);
  levels_.push_back(std::move(level));
}

template <class Weight>
void GridHierarchy<Weight>::solve_coarsest(const AffinityGraph& graph) {
  const auto matrix = normalized<double>(space_, graph);
  const auto n = static_cast<int>(matrix.grid().pixels());
  require(n <= 4000, "an eigenproblem of " + std::to_string(n) +
                         " pixels on the coarsest grid; ask for fewer eigenvectors");
  VectorBlock<double> unit(n, n);
  VectorBlock<double> dense(n, n);
  for (int i = 0; i < n; ++i) unit.row(i)[i] = 1;
  matrix.apply(space_, unit.data(), static_cast<const double*>(nullptr), dense.data(), n,
               StencilTerms<double>());
  std::vector<double> rows(index(std::int64_t{n} * n)), ascending(index(n));
  for (int i = 0; i < n; ++i) std::copy_n(dense.row(i), n, rows.data() + std::int64_t{i} * n);
  symmetric_eigen(n, rows.data(), ascending.data());
  values_.assign(ascending.rbegin(), ascending.rend());
  vectors_.resize(rows.size());
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j)
      vectors_[index(std::int64_t{i} * n + j)] = rows[index(std::int64_t{n - 1 - j} * n + i)];
  }
}

template <class Weight>
template <class X>
void GridHierarchy<Weight>::restrict_block(std::size_t i, const VectorBlock<X>& own,
                                           const VectorBlock<X>& coarse) const {
  const auto& from = levels_[i];
  const auto fine = from.gathers ? gather_rows(from.grid(), own, *comm_) : own;
  if (!from.halves) {
    Kokkos::deep_copy(space_, coarse.view, fine.view);
    space_.fence();
    return;
  }
  const auto& to = levels_[i + 1];
  const double* root = from.gathers ? from.all_roots.data() : from.root.data();
  const std::int64_t width = from.grid().width();
  const std::int64_t lines = from.gathers ? from.grid().height() : from.grid().own().count;
  const std::int64_t coarse_width = to.grid().width();
  for_each_line(space_, to.grid().own().count, [&](std::int64_t l) {
    X* sums = coarse.row(l * coarse_width);
    std::fill_n(sums, coarse_width * coarse.ld, X(0));
    for (std::int64_t line = 2 * l; line < std::min(2 * l + 2, lines); ++line) {
      for (std::int64_t c = 0; c < width; ++c) {
        const std::int64_t pixel = line * width + c;
        const auto factor =
            static_cast<X>(root[pixel] * to.inverse_root[index(l * coarse_width + c / 2)]);
        const X* x = fine.row(pixel);
        X* sum = sums + c / 2 * coarse.ld;
        for (int j = 0; j < coarse.ld; ++j) sum[j] += factor * x[j];
      }
    }
  });
}

template <class Weight>
template <class X>
void GridHierarchy<Weight>::prolong_block(std::size_t i, const VectorBlock<X>& coarse, double scale,
                                          double beta, const VectorBlock<X>& fine) const {
  const auto& to = levels_[i];
  const auto& from = levels_[i + 1];
  const std::int64_t width = to.grid().width();
  const std::int64_t first = to.gathers ? to.grid().own().first : 0;
  const auto old = static_cast<X>(beta);
  for_each_line(space_, to.grid().own().count, [&](std::int64_t l) {
    for (std::int64_t c = 0; c < width; ++c) {
      const std::int64_t pixel = l * width + c;
      const std::int64_t source =
          to.halves ? (first + l) / 2 * from.grid().width() + c / 2 : (first + l) * width + c;
      const auto factor = static_cast<X>(
          to.halves ? scale * to.root[index(pixel)] * from.inverse_root[index(source)] : scale);
      const X* x = coarse.row(source);
      X* y = fine.row(pixel);
      if (beta == 0) {
        for (int j = 0; j < fine.ld; ++j) y[j] = factor * x[j];
      } else {
        for (int j = 0; j < fine.ld; ++j) y[j] = factor * x[j] + old * y[j];
      }
    }
  });
}

template <class Weight>
template <class X>
void GridHierarchy<Weight>::coarsest_solve(const VectorBlock<X>& r, const VectorBlock<X>& z) const {
  const auto n = static_cast<int>(values_.size());
  const int c = r.columns;
  std::vector<double> right(index(std::int64_t{n} * c)), parts(right.size());
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < c; ++j) right[index(i * c + j)] = static_cast<double>(r.row(i)[j]);
  }
  gemm(Transpose::yes, Transpose::no, n, c, n, 1.0, vectors_.data(), n, right.data(), c, 0.0,
       parts.data(), c);
  for (int i = 0; i < n; ++i) {
    const double gap = 1 - values_[index(i)];
    const double factor = gap > 1e-10 ? 1 / gap : 0;
    for (int j = 0; j < c; ++j) parts[index(i * c + j)] *= factor;
  }
  gemm(Transpose::no, Transpose::no, n, c, n, 1.0, vectors_.data(), n, parts.data(), c, 0.0,
       right.data(), c);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < z.ld; ++j)
      z.row(i)[j] = j < c ? static_cast<X>(right[index(i * c + j)]) : X(0);
  }
}

namespace {

// x <- x + p(A) r and r <- r − A p(A) r with A = I − M: `steps` of the smoother, the last without
// its new residual where that is not asked for. `d` is scratch.
template <class Weight, class X>
void smooth(const HostExecutionSpace& space, const GridLevel<Weight>& level, int steps,
            bool residual, const VectorBlock<X>& x, const VectorBlock<X>& r,
            const VectorBlock<X>& d) {
  const double largest = 1 - level.lowest;
  StencilTerms<X> terms;
  terms.beta = -1;
  terms.gamma = 1;
  for (int k = 0; k < steps; ++k) {
    const auto old = static_cast<X>((2.0 * k - 1) / (2 * k + 3));
    const auto fresh = static_cast<X>((8.0 * k + 4) / ((2 * k + 3) * largest));
    for_each_line(space, x.rows, [&](std::int64_t i) {
      X* step = d.row(i);
      X* sum = x.row(i);
      const X* rest = r.row(i);
      for (int j = 0; j < x.ld; ++j) {
        step[j] = k == 0 ? fresh * rest[j] : old * step[j] + fresh * rest[j];
        sum[j] += step[j];
      }
    });
    if (k + 1 < steps || residual)
      level.matrix.apply(space, d.data(), r.data(), r.data(), x.columns, terms);
  }
}

}  // namespace

template <class Weight>
template <class X>
void GridHierarchy<Weight>::precondition(std::size_t i, const VectorBlock<X>& r,
                                         const VectorBlock<X>& z, int smoothing) const {
  if (i + 1 == levels_.size()) {
    coarsest_solve(r, z);
    return;
  }
  const auto& level = levels_[i];
  const auto fresh = [&](std::int64_t rows) {
    return VectorBlock<X>::uninitialized(rows, r.columns);
  };
  const auto coarse_r = fresh(levels_[i + 1].grid().own_pixels());
  const auto coarse_z = fresh(coarse_r.rows);
  if (!level.halves) {
    restrict_block(i, r, coarse_r);
    precondition(i + 1, coarse_r, coarse_z, smoothing);
    prolong_block(i, coarse_z, 1, 0, z);
    return;
  }
  // r − z + M z of r and z
  StencilTerms<X> residual;
  residual.beta = -1;
  residual.gamma = 1;
  const auto rest = fresh(r.rows), step = fresh(r.rows);
  Kokkos::deep_copy(space_, rest.view, r.view);
  Kokkos::deep_copy(space_, z.view, X(0));
  smooth(space_, level, smoothing, true, z, rest, step);
  restrict_block(i, rest, coarse_r);
  precondition(i + 1, coarse_r, coarse_z, smoothing);
  const auto& coarse = levels_[i + 1];
  if (coarse.halves) {
    // z_c <- z_c + B (r_c − A z_c): a W-cycle. With functions that are constant on 2 x 2 pixels, a
    // V-cycle's quality falls with the number of grids (Notay and Vassilevski, Numer. Linear
    // Algebra Appl. 15, 2008). All grids take part: overcorrections of single visits would add up
    // over grids to more than 2, where the second visit no longer helps.
    const auto more = fresh(coarse_r.rows);
    coarse.matrix.apply(space_, coarse_z.data(), coarse_r.data(), coarse_r.data(), r.columns,
                        residual);
    precondition(i + 1, coarse_r, more, smoothing);
    for_each_line(space_, more.rows, [&](std::int64_t row) {
      for (int j = 0; j < more.ld; ++j) coarse_z.row(row)[j] += more.row(row)[j];
    });
  }
  prolong_block(i, coarse_z, overcorrection, 1, z);
  level.matrix.apply(space_, z.data(), r.data(), rest.data(), r.columns, residual);
  smooth(space_, level, smoothing, false, z, rest, step);
}

template <class Weight>
double lowest_eigenvalue(const HostExecutionSpace& space, const StencilMatrix<Weight>& matrix) {
  constexpr int steps = 12;
  const auto& grid = matrix.grid();
  const Communicator* comm = matrix.communicator();
  const std::int64_t rows = grid.own_pixels();
  VectorBlock<double> v(rows, 1), before(rows, 1), next(rows, 1);
  const RandomStream stream(RandomKey{1, RandomPurpose::initialization, 0, 0, 0});
  for (std::int64_t i = 0; i < rows; ++i)
    *v.row(i) = stream.normal(static_cast<std::uint64_t>(grid.first_pixel() + i));
  const auto divide = [rows](const VectorBlock<double>& a, double by) {
    for (std::int64_t i = 0; i < rows; ++i) *a.row(i) /= by;
  };
  std::vector<double> diagonal, beside;
  divide(v, column_norms(space, v, comm)[0]);
  for (int k = 0; k < steps; ++k) {
    StencilTerms<double> terms;
    terms.gamma = k == 0 ? 0 : -beside.back();
    matrix.apply(space, v.data(), before.data(), next.data(), 1, terms);
    diagonal.push_back(gram_matrix(space, v, next, comm)[0]);
    multiply_block(space, v, {diagonal.back()}, -1, 1, next);
    beside.push_back(column_norms(space, next, comm)[0]);
    if (beside.back() < 1e-12) break;
    divide(next, beside.back());
    std::swap(before, v);
    std::swap(v, next);
  }
  const auto n = static_cast<std::int64_t>(diagonal.size());
  std::vector<double> tridiagonal(index(n * n), 0.0), values(index(n));
  for (std::int64_t k = 0; k < n; ++k) {
    tridiagonal[index(k * n + k)] = diagonal[index(k)];
    if (k + 1 < n)
      tridiagonal[index(k * n + k + 1)] = tridiagonal[index((k + 1) * n + k)] = beside[index(k)];
  }
  symmetric_eigen(static_cast<int>(n), tridiagonal.data(), values.data());
  // Within its residual norm of the lowest Ritz value lies an eigenvalue (Zhou and Li, Linear
  // Algebra Appl. 435, 2011); the spectrum of M is within [-1, 1].
  const double residual = beside.back() * std::abs(tridiagonal[index(n - 1)]);
  return std::max(-1.0, values.front() - residual - 0.01);
}

template class GridHierarchy<float>;
template class GridHierarchy<double>;
template void GridHierarchy<float>::restrict_block(std::size_t, const VectorBlock<float>&,
                                                   const VectorBlock<float>&) const;
template void GridHierarchy<float>::prolong_block(std::size_t, const VectorBlock<float>&, double,
                                                  double, const VectorBlock<float>&) const;
template void GridHierarchy<float>::precondition(std::size_t, const VectorBlock<float>&,
                                                 const VectorBlock<float>&, int) const;
template void GridHierarchy<double>::restrict_block(std::size_t, const VectorBlock<double>&,
                                                    const VectorBlock<double>&) const;
template void GridHierarchy<double>::prolong_block(std::size_t, const VectorBlock<double>&, double,
                                                   double, const VectorBlock<double>&) const;
template void GridHierarchy<double>::precondition(std::size_t, const VectorBlock<double>&,
                                                  const VectorBlock<double>&, int) const;
template void GridHierarchy<float>::prolong_block(std::size_t, const VectorBlock<double>&, double,
                                                  double, const VectorBlock<double>&) const;
template double lowest_eigenvalue(const HostExecutionSpace&, const StencilMatrix<float>&);
template double lowest_eigenvalue(const HostExecutionSpace&, const StencilMatrix<double>&);

}  // namespace eigenprop
