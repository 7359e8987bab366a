#pragma once

#include <string>
#include <vector>

#include "graph/operation.hpp"
#include "linalg/blas.hpp"
#include "linalg/dense_kernels.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

/// Shape of the one input of an operation on square matrices, (b, n, n). Throws InputError where it
/// is another, or empty.
inline const Shape& require_square_matrices(const std::string& type,
                                            const std::vector<TensorSpec>& inputs,
                                            Precision precision) {
  require_inputs(type, inputs, 1);
  require_input(type, inputs, 0, precision, 3);
  const Shape& shape = inputs[0].shape;
  require(shape[1] == shape[2] && shape.size() > 0,
          type + " takes square matrices, not " + shape.text());
  return shape;
}

/// to <- U (K ∘ (Uᵀ sym(from) U)) Uᵀ, where multiply(rotated) does the product with K in place.
///
/// Matrices are row-major, n x n. `eigenvectors`: those in its rows, Uᵀ. `scratch`: 3 n² elements.
template <class Scalar, class Multiply>
void multiply_in_eigenbasis(int n, const Scalar* eigenvectors, const Scalar* from, Scalar* to,
                            Scalar* scratch, const Multiply& multiply) {
  constexpr auto no = Transpose::no;
  constexpr auto yes = Transpose::yes;
  const std::int64_t area = std::int64_t{n} * n;
  Scalar* symmetric = scratch;
  Scalar* work = symmetric + area;
  Scalar* rotated = work + area;
  add_transposed(n, Scalar(0.5), from, symmetric);
  gemm(no, no, n, n, n, Scalar(1), eigenvectors, n, symmetric, n, Scalar(0), work, n);
  gemm(no, yes, n, n, n, Scalar(1), work, n, eigenvectors, n, Scalar(0), rotated, n);
  multiply(rotated);
  gemm(yes, no, n, n, n, Scalar(1), eigenvectors, n, rotated, n, Scalar(0), work, n);
  gemm(no, no, n, n, n, Scalar(1), work, n, eigenvectors, n, Scalar(0), to, n);
}

}  // namespace eigenprop
