#pragma once

#include <cstddef>

namespace eigenprop {

/// Matrices that symmetric_eigen_batch works on at once.
constexpr std::size_t eigen_batch = 8;

/// symmetric_eigen (lapack.hpp) of `count` matrices: a[k] and w[k] as there, to the same accuracy.
///
/// LAPACK spends small matrices on scalars. Here up to eigen_batch of them go through the same
/// algorithm side by side, one in each lane of a vector: Householder tridiagonalization, implicit
/// QL (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3; EISPACK's tred2 and
/// tql2). A matrix has the same result, to the last bit, in whatever company it is. Where matrices
/// are too large for the caches, and in float, each goes through LAPACK.
///
/// Throws Error where the algorithm does not converge or the input is not finite; its sample()
/// is the index of the matrix.
void symmetric_eigen_batch(int n, std::size_t count, double* const* a, double* const* w);
void symmetric_eigen_batch(int n, std::size_t count, float* const* a, float* const* w);

}  // namespace eigenprop
