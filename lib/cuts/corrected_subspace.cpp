#include "cuts/corrected_subspace.hpp"

#include <algorithm>
#include <cmath>

#include "cuts/detail/block_conjugate_gradients.hpp"
#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

constexpr int smoothing = 2;
// Of M on the finest grid in one step: residuals, the V-cycle, and the new directions.
constexpr int products_a_step = 2 + 2 * smoothing;

// A small matrix, row-major.
struct Small {
  int rows, columns;
  std::vector<double> values;

  Small(int r, int c) : Small(r, c, std::vector<double>(index(std::int64_t{r} * c), 0.0)) {}
  Small(int r, int c, std::vector<double> v) : rows(r), columns(c), values(std::move(v)) {}
  double& operator()(int i, int j) { return values[index(std::int64_t{i} * columns + j)]; }
  double operator()(int i, int j) const { return values[index(std::int64_t{i} * columns + j)]; }

  /// Rows first .. end - 1.
  std::vector<double> part(int first, int end) const {
    return {values.begin() + std::int64_t{first} * columns,
            values.begin() + std::int64_t{end} * columns};
  }
};

Small product(Transpose transpose, const Small& a, const Small& b) {
  const bool flip = transpose == Transpose::yes;
  Small c(flip ? a.columns : a.rows, b.columns);
  gemm(transpose, Transpose::no, c.rows, c.columns, flip ? a.rows : a.columns, 1.0, a.values.data(),
       a.columns, b.values.data(), b.columns, 0.0, c.values.data(), c.columns);
  return c;
}

// Q with orthonormal A Q for a Gram matrix AᵀA (Stathopoulos and Wu, SIAM J. Sci. Comput. 23,
// 2002); columns beyond the rank of A are zero.
Small orthonormalizer(Small gram) {
  const int n = gram.rows;
  std::vector<double> scale(index(n));
  for (int i = 0; i < n; ++i) scale[index(i)] = gram(i, i) > 0 ? 1 / std::sqrt(gram(i, i)) : 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) gram(i, j) *= scale[index(i)] * scale[index(j)];
  }
  std::vector<double> squares(index(n));
  symmetric_eigen(n, gram.values.data(), squares.data());
  Small q(n, n);
  for (int j = 0; j < n; ++j) {
    const double square = squares[index(j)];
    const double factor = square > 1e-12 * squares.back() && square > 0 ? 1 / std::sqrt(square) : 0;
    for (int i = 0; i < n; ++i) q(i, j) = scale[index(i)] * gram(j, i) * factor;
  }
  return q;
}

// The span of Ritz vectors x, fresh directions t, and those of the step before, p; all orthonormal.
template <class Weight>
class LocallyOptimal {
 public:
  LocallyOptimal(const GridHierarchy<Weight>& grids, std::size_t i, int wanted, Subspace& subspace)
      : grids_(grids),
        number_(i),
        matrix_(grids.level(i).matrix),
        comm_(matrix_.communicator()),
        subspace_(subspace),
        x_(subspace.vectors),
        active_(std::min(padded_columns(wanted), x_.columns)),
        scratch_(x_.rows, x_.columns),
        t_(x_.rows, active_) {}

  // scratch <- M x − x Λ, and its norms.
  void find_residuals() {
    multiply(x_, scratch_);
    Small values(x_.columns, x_.columns);
    for (int j = 0; j < x_.columns; ++j) values(j, j) = subspace_.values[index(j)];
    multiply_block(space(), x_, values.values, -1, 1, scratch_);
    subspace_.residuals = column_norms(space(), scratch_, comm_);
  }

  // New Ritz pairs from the residuals in `scratch`.
  void step() {
    find_directions();
    const auto image = view_as_block(scratch_.data(), x_.rows, active_);
    multiply(t_, image);
    const int b = x_.columns;
    const int size = b + active_ + p_.columns;
    // M in the span. x are Ritz vectors of the span that p comes from, too.
    Small m(size, size);
    for (int j = 0; j < b; ++j) m(j, j) = subspace_.values[index(j)];
    const auto fill = [&](int first, const std::vector<double>& block) {
      for (std::size_t k = 0; k < block.size(); ++k) {
        const int i = first + static_cast<int>(k) / active_;
        const int j = b + static_cast<int>(k) % active_;
        m(i, j) = m(j, i) = block[k];
      }
    };
    fill(0, gram_matrix(space(), x_, image, comm_));
    fill(b, gram_matrix(space(), t_, image, comm_));
    if (p_.columns > 0) {
      fill(b + active_, gram_matrix(space(), p_, image, comm_));
      for (int i = 0; i < active_; ++i) {
        for (int j = 0; j < active_; ++j) m(b + active_ + i, b + active_ + j) = p_image_(i, j);
      }
    }
    Small rows = m;
    std::vector<double> ascending(index(size));
    symmetric_eigen(size, rows.values.data(), ascending.data());
    Small best(size, b);
    for (int j = 0; j < b; ++j) {
      subspace_.values[index(j)] = ascending[index(size - 1 - j)];
      for (int i = 0; i < size; ++i) best(i, j) = rows(size - 1 - j, i);
    }
    move(m, best);
  }

 private:
  const HostExecutionSpace& space() const { return grids_.space(); }

  void multiply(const VectorBlock<double>& from, const VectorBlock<double>& to) const {
    matrix_.apply(space(), from.data(), static_cast<const double*>(nullptr), to.data(),
                  from.columns, StencilTerms<double>());
  }

  // t <- the V-cycle of the residuals, orthonormal, and to x and p as well.
  void find_directions() {
    {
      const VectorBlock<Weight> r(x_.rows, active_), z(x_.rows, active_);
      block::for_each_chunk(space(), x_.rows, [&](std::int64_t first, std::int64_t end) {
        for (std::int64_t i = first; i < end; ++i) {
          for (int j = 0; j < active_; ++j) r.row(i)[j] = static_cast<Weight>(scratch_.row(i)[j]);
        }
      });
      grids_.precondition(number_, r, z, smoothing);
      copy_block(space(), z, t_);
    }
    for (int pass = 0; pass < 2; ++pass) {
      multiply_block(space(), x_, gram_matrix(space(), x_, t_, comm_), -1, 1, t_);
      if (p_.columns > 0)
        multiply_block(space(), p_, gram_matrix(space(), p_, t_, comm_), -1, 1, t_);
      const Small gram(active_, active_, gram_matrix(space(), t_, t_, comm_));
      rotate_block(space(), t_, orthonormalizer(gram).values);
    }
  }

  // x <- the Ritz vectors; p <- what has changed of the first of them, orthonormal to all.
  void move(const Small& m, const Small& best) {
    const int b = x_.columns;
    Small change(best.rows, active_);
    for (int i = b; i < best.rows; ++i) {
      for (int j = 0; j < active_; ++j) change(i, j) = best(i, j);
    }
    for (int pass = 0; pass < 2; ++pass) {
      const Small inside = product(Transpose::no, best, product(Transpose::yes, best, change));
      for (std::size_t k = 0; k < change.values.size(); ++k) change.values[k] -= inside.values[k];
      change =
          product(Transpose::no, change, orthonormalizer(product(Transpose::yes, change, change)));
    }
    p_image_ = product(Transpose::yes, change, product(Transpose::no, m, change));
    const auto next = view_as_block(scratch_.data(), x_.rows, active_);
    multiply_block(space(), x_, change.part(0, b), 1, 0, next);
    multiply_block(space(), t_, change.part(b, b + active_), 1, 1, next);
    if (p_.columns > 0)
      multiply_block(space(), p_, change.part(b + active_, best.rows), 1, 1, next);
    rotate_block(space(), x_, best.part(0, b));
    multiply_block(space(), t_, best.part(b, b + active_), 1, 1, x_);
    if (p_.columns > 0) {
      multiply_block(space(), p_, best.part(b + active_, best.rows), 1, 1, x_);
    } else {
      p_ = VectorBlock<double>(x_.rows, active_);
    }
    copy_block(space(), next, p_);
  }

  const GridHierarchy<Weight>& grids_;
  std::size_t number_;
  const StencilMatrix<Weight>& matrix_;
  const Communicator* comm_;
  Subspace& subspace_;
  VectorBlock<double> x_;
  int active_;
  VectorBlock<double> scratch_, t_, p_;
  Small p_image_{0, 0};  ///< pᵀ M p
};

}  // namespace

template <class Weight>
void correct_subspace(const GridHierarchy<Weight>& grids, std::size_t i, int wanted,
                      const SubspaceGoal& goal, int most, Subspace& subspace) {
  {
    LocallyOptimal<Weight> iteration(grids, i, wanted, subspace);
    iteration.find_residuals();
    while (subspace.worst(wanted) > goal.tolerance_at(subspace.values) &&
           subspace.products + products_a_step <= most) {
      iteration.step();
      iteration.find_residuals();
      subspace.products += products_a_step;
    }
  }
  // Rounding errors of the rotations.
  rayleigh_ritz(grids.space(), grids.level(i).matrix, subspace);
  ++subspace.products;
}

template void correct_subspace(const GridHierarchy<float>&, std::size_t, int, const SubspaceGoal&,
                               int, Subspace&);
template void correct_subspace(const GridHierarchy<double>&, std::size_t, int, const SubspaceGoal&,
                               int, Subspace&);

}  // namespace eigenprop
