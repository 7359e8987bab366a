#pragma once

#include <Kokkos_Core.hpp>
#include <vector>

#include "cuts/stencil_matrix.hpp"
#include "tensor/execution_space.hpp"

namespace eigenprop {

/// Vectors over the own pixels, side by side as StencilMatrix takes them. Copies share the numbers.
template <class X>
struct VectorBlock {
  std::int64_t rows = 0;
  int columns = 0;
  int ld = 0;  ///< padded_columns(columns)
  Kokkos::View<X*, Kokkos::HostSpace> view;

  VectorBlock() = default;
  /// Zeros.
  VectorBlock(std::int64_t rows_in, int columns_in)
      : rows(rows_in),
        columns(columns_in),
        ld(padded_columns(columns_in)),
        view("vector block", static_cast<std::size_t>(rows_in * ld)) {}
  /// Whatever is in the memory: for what is written before it is read, the padding too.
  static VectorBlock uninitialized(std::int64_t rows, int columns) {
    VectorBlock result;
    result.rows = rows;
    result.columns = columns;
    result.ld = padded_columns(columns);
    result.view = decltype(view)(Kokkos::view_alloc(Kokkos::WithoutInitializing, "vector block"),
                                 static_cast<std::size_t>(rows * result.ld));
    return result;
  }

  X* data() const { return view.data(); }
  X* row(std::int64_t i) const { return view.data() + i * ld; }
};

/// to <- from, also between precisions; same rows and ld.
template <class To, class From>
void copy_block(const HostExecutionSpace& space, const VectorBlock<From>& from,
                const VectorBlock<To>& to);

/// AᵀB (columns of A, columns of B), summed over ranks. Sums do not depend on threads. `comm`: null
/// for one rank. Collective.
template <class X>
std::vector<double> gram_matrix(const HostExecutionSpace& space, const VectorBlock<X>& a,
                                const VectorBlock<X>& b, const Communicator* comm);

/// to <- alpha A Q + beta to; Q is (columns of A, columns of `to`), row-major. `to` may not be A.
template <class X>
void multiply_block(const HostExecutionSpace& space, const VectorBlock<X>& a,
                    const std::vector<double>& q, double alpha, double beta,
                    const VectorBlock<X>& to);

/// A <- A Q for a square Q.
void rotate_block(const HostExecutionSpace& space, const VectorBlock<double>& a,
                  const std::vector<double>& q);

/// Orthonormal columns of the same span, by two Cholesky factorizations of the Gram matrix
/// (Yamamoto et al., ETNA 44, 2015). Throws Error where the columns are dependent. Collective.
void orthonormalize(const HostExecutionSpace& space, const VectorBlock<double>& a,
                    const Communicator* comm);

/// Euclidean norms of the columns. Collective.
std::vector<double> column_norms(const HostExecutionSpace& space, const VectorBlock<double>& a,
                                 const Communicator* comm);

/// The first columns of a block. Shares its numbers, with its distance of rows: for sums and row(),
/// not for StencilMatrix::apply.
template <class X>
VectorBlock<X> leading_columns(const VectorBlock<X>& a, int columns) {
  VectorBlock<X> result(a);
  result.columns = columns;
  return result;
}

/// Numbers of somebody else's, (rows, padded_columns(columns)), as a block.
VectorBlock<double> view_as_block(double* values, std::int64_t rows, int columns);
VectorBlock<const double> view_as_block(const double* values, std::int64_t rows, int columns);

}  // namespace eigenprop
