#include "operations/matrix_product.hpp"

#include <algorithm>

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

Transpose flipped(Transpose t) { return t == Transpose::no ? Transpose::yes : Transpose::no; }

std::int64_t rows_of(const Shape& x, Transpose t) { return x[t == Transpose::no ? 0 : 1]; }
std::int64_t columns_of(const Shape& x, Transpose t) { return x[t == Transpose::no ? 1 : 0]; }

/// C <- op(A) op(B), or C + op(A) op(B): each thread computes a strip of C along its longer side.
template <class Scalar>
void multiply_on_host(const ExecutionSpace& space, Transpose ta, Transpose tb, std::int64_t m,
                      std::int64_t n, std::int64_t k, const Scalar* a, std::int64_t lda,
                      const Scalar* b, std::int64_t ldb, bool accumulate, Scalar* c) {
  const HostExecutionSpace host = host_space_of(space);
  const bool by_rows = m >= n;
  const std::int64_t extent = by_rows ? m : n;
  const std::int64_t strips =
      std::max<std::int64_t>(1, std::min<std::int64_t>(host.concurrency(), extent));
  const Scalar beta = accumulate ? 1 : 0;
  Kokkos::parallel_for(
      "matrix product",
      Kokkos::RangePolicy<HostExecutionSpace>(host, 0, static_cast<std::size_t>(strips)),
      [=](std::size_t strip) {
        const std::int64_t begin = static_cast<std::int64_t>(strip) * extent / strips;
        const std::int64_t end = static_cast<std::int64_t>(strip + 1) * extent / strips;
        const auto count = static_cast<int>(end - begin);
        if (by_rows) {
          gemm(ta, tb, count, static_cast<int>(n), static_cast<int>(k), Scalar{1},
               a + begin * (ta == Transpose::no ? lda : 1), static_cast<int>(lda), b,
               static_cast<int>(ldb), beta, c + begin * n, static_cast<int>(n));
        } else {
          gemm(ta, tb, static_cast<int>(m), count, static_cast<int>(k), Scalar{1}, a,
               static_cast<int>(lda), b + begin * (tb == Transpose::no ? 1 : ldb),
               static_cast<int>(ldb), beta, c + begin, static_cast<int>(n));
        }
      });
  host.fence();
}

template <class Scalar>
void multiply_on_device(const ExecutionSpace& space, Transpose ta, Transpose tb, std::int64_t m,
                        std::int64_t n, std::int64_t k, const Scalar* a, std::int64_t lda,
                        const Scalar* b, std::int64_t ldb, bool accumulate, Scalar* c) {
  const bool a_flipped = ta == Transpose::yes;
  const bool b_flipped = tb == Transpose::yes;
  for_each_index(
      space, "matrix product", m * n, KOKKOS_LAMBDA(std::int64_t i) {
        const std::int64_t row = i / n;
        const std::int64_t column = i % n;
        Scalar sum = accumulate ? c[i] : Scalar{0};
        for (std::int64_t l = 0; l < k; ++l) {
          sum += (a_flipped ? a[l * lda + row] : a[row * lda + l]) *
                 (b_flipped ? b[column * ldb + l] : b[l * ldb + column]);
        }
        c[i] = sum;
      });
}

template <class Scalar>
void multiply(const ExecutionSpace& space, Transpose ta, Transpose tb, const AnyTensor& a,
              const AnyTensor& b, bool accumulate, const AnyTensor& c) {
  const std::int64_t m = c.shape()[0];
  const std::int64_t n = c.shape()[1];
  const std::int64_t k = columns_of(a.shape(), ta);
  if (m == 0 || n == 0) return;
  const auto product = tensors_on_host ? multiply_on_host<Scalar> : multiply_on_device<Scalar>;
  // The BLAS wants leading dimensions of at least 1 also where a matrix is empty.
  product(space, ta, tb, m, n, k, a.as<Scalar>().data(), std::max<std::int64_t>(a.shape()[1], 1),
          b.as<Scalar>().data(), std::max<std::int64_t>(b.shape()[1], 1), accumulate,
          c.as<Scalar>().data());
}

}  // namespace

template <class Scalar>
OperationPlan MatrixProduct<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    require_input(type(), inputs, i, precision_of<Scalar>(), 2);
  const Shape& a = inputs[0].shape;
  const Shape& b = inputs[1].shape;
  const auto text = [](const Shape& x, Transpose t) {
    return x.text() + (t == Transpose::yes ? " transposed" : "");
  };
  require(columns_of(a, settings_.first) == rows_of(b, settings_.second),
          type() + ": inner extents of " + text(a, settings_.first) + " and " +
              text(b, settings_.second) + " differ");
  const std::int64_t rows = rows_of(a, settings_.first);
  const std::int64_t columns = columns_of(b, settings_.second);
  OperationPlan plan;
  plan.outputs = {{{rows, columns}, precision_of<Scalar>()}};
  plan.flops =
      2 * static_cast<double>(rows * columns) * static_cast<double>(columns_of(a, settings_.first));
  return plan;
}

template <class Scalar>
void MatrixProduct<Scalar>::forward(const Arguments& a) const {
  multiply<Scalar>(a.space, settings_.first, settings_.second, a.inputs[0], a.inputs[1], false,
                   a.outputs[0]);
}

// dC = op(dA) op(B) + op(A) op(dB)
template <class Scalar>
void MatrixProduct<Scalar>::variation(const Arguments& a,
                                      const std::vector<AnyTensor>& input_variations,
                                      const std::vector<AnyTensor>& output_variations) const {
  const bool first = !input_variations[0].empty();
  if (first) {
    multiply<Scalar>(a.space, settings_.first, settings_.second, input_variations[0], a.inputs[1],
                     false, output_variations[0]);
  }
  if (!input_variations[1].empty()) {
    multiply<Scalar>(a.space, settings_.first, settings_.second, a.inputs[0], input_variations[1],
                     first, output_variations[0]);
  }
}

// op(A)¯ = C̄ op(B)ᵀ and op(B)¯ = op(A)ᵀ C̄; of a transposed factor, the transpose of that.
template <class Scalar>
void MatrixProduct<Scalar>::adjoint(const Arguments& a,
                                    const std::vector<AnyTensor>& output_adjoints,
                                    const std::vector<AnyTensor>& input_adjoints) const {
  const AnyTensor& c = output_adjoints[0];
  if (!input_adjoints[0].empty()) {
    if (settings_.first == Transpose::no) {
      multiply<Scalar>(a.space, Transpose::no, flipped(settings_.second), c, a.inputs[1], false,
                       input_adjoints[0]);
    } else {
      multiply<Scalar>(a.space, settings_.second, Transpose::yes, a.inputs[1], c, false,
                       input_adjoints[0]);
    }
  }
  if (!input_adjoints[1].empty()) {
    if (settings_.second == Transpose::no) {
      multiply<Scalar>(a.space, flipped(settings_.first), Transpose::no, a.inputs[0], c, false,
                       input_adjoints[1]);
    } else {
      multiply<Scalar>(a.space, Transpose::yes, settings_.first, c, a.inputs[0], false,
                       input_adjoints[1]);
    }
  }
}

template class MatrixProduct<float>;
template class MatrixProduct<double>;

}  // namespace eigenprop
