#pragma once

#include "operations/loops.hpp"
#include "tensor/blas.hpp"
#include "tensor/tensor.hpp"

namespace eigenprop {

/// C <- op(A) op(B) (+ C where `accumulate`), of tensors seen as matrices (rows, columns): through
/// the BLAS on the host, as plain loops on other memory spaces.
template <class Scalar>
void multiply(Transpose ta, Transpose tb, const Tensor<Scalar>& a, const Tensor<Scalar>& b,
              bool accumulate, const Tensor<Scalar>& c) {
  const auto left = a.matrix();
  const auto right = b.matrix();
  const auto out = c.matrix();
  const std::int64_t m = c.shape().rows();
  const std::int64_t n = c.shape().columns();
  const std::int64_t k = ta == Transpose::no ? a.shape().columns() : a.shape().rows();
  if constexpr (tensors_on_host) {
    gemm(ta, tb, static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), Scalar(1),
         left.data(), static_cast<int>(a.shape().columns()), right.data(),
         static_cast<int>(b.shape().columns()), accumulate ? Scalar(1) : Scalar(0), out.data(),
         static_cast<int>(n));
  } else {
    for_each_index(
        "matrix product", m * n, KOKKOS_LAMBDA(std::int64_t e) {
          const std::int64_t i = e / n;
          const std::int64_t j = e % n;
          Scalar sum = accumulate ? out(i, j) : Scalar(0);
          for (std::int64_t l = 0; l < k; ++l) {
            sum += (ta == Transpose::no ? left(i, l) : left(l, i)) *
                   (tb == Transpose::no ? right(l, j) : right(j, l));
          }
          out(i, j) = sum;
        });
  }
}

}  // namespace eigenprop
