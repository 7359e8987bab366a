#pragma once

#include <cstddef>

namespace eigenprop {

/// Most matrices that symmetric_eigen_batch takes at once.
constexpr std::size_t largest_eigen_batch = 8;

/// How many matrices (n, n) it is best given at once: 1 where they go through LAPACK.
template <class Scalar>
std::size_t eigen_batch(int n);
template <>
std::size_t eigen_batch<float>(int n);
template <>
std::size_t eigen_batch<double>(int n);

/// symmetric_eigen (lapack.hpp) of `count` matrices: a[k] and w[k] as there, to the same accuracy.
///
/// LAPACK spends small matrices on scalars. Here several go through the same algorithm side by
/// side, one in each lane of a vector register: Householder tridiagonalization and
/// implicit QL (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3; EISPACK's tred2
/// and tql2). A matrix has the same result, to the last bit, in whatever company it is. Large
/// matrices, and those in float, go through LAPACK one by one.
///
/// Throws Error where the algorithm does not converge or the input is not finite; its sample() is
/// the index of the matrix.
void symmetric_eigen_batch(int n, std::size_t count, double* const* a, double* const* w);
void symmetric_eigen_batch(int n, std::size_t count, float* const* a, float* const* w);

}  // namespace eigenprop
