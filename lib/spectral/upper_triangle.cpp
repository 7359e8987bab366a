#include "spectral/upper_triangle.hpp"

#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

constexpr double half_root = 0.70710678118654752440;

// First element of row i of a packed upper triangle.
KOKKOS_INLINE_FUNCTION std::int64_t row_start(std::int64_t n, std::int64_t i) {
  return i * n - i * (i - 1) / 2;
}

template <class Scalar>
void pack(const ExecutionSpace& space, const Tensor<Scalar>& matrices,
          const Tensor<Scalar>& vectors) {
  const std::int64_t n = matrices.shape()[1];
  const std::int64_t length = vectors.shape()[1];
  const auto from = matrices.view();
  const auto to = vectors.view();
  for_each_index(
      space, "upper triangle", matrices.shape()[0] * n, KOKKOS_LAMBDA(std::int64_t row) {
        const std::int64_t sample = row / n;
        const std::int64_t i = row % n;
        const std::int64_t a = sample * n * n;
        const std::int64_t start = sample * length + row_start(n, i);
        to(start) = from(a + i * n + i);
        for (std::int64_t j = i + 1; j < n; ++j) {
          to(start + j - i) =
              static_cast<Scalar>(half_root) * (from(a + i * n + j) + from(a + j * n + i));
        }
      });
}

}  // namespace

template <class Scalar>
OperationPlan UpperTriangle<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), 3);
  const Shape& z = inputs[0].shape;
  require(z[1] == z[2] && z[1] > 0, type() + " takes square matrices, not " + z.text());
  OperationPlan plan;
  plan.outputs = {{{z[0], z[1] * (z[1] + 1) / 2}, precision_of<Scalar>()}};
  plan.flops = static_cast<double>(z.size());
  return plan;
}

template <class Scalar>
void UpperTriangle<Scalar>::forward(const Arguments& a) const {
  pack(a.space, a.inputs[0].as<Scalar>(), a.outputs[0].as<Scalar>());
}

template <class Scalar>
void UpperTriangle<Scalar>::variation(const Arguments& a,
                                      const std::vector<AnyTensor>& input_variations,
                                      const std::vector<AnyTensor>& output_variations) const {
  pack(a.space, input_variations[0].as<Scalar>(), output_variations[0].as<Scalar>());
}

template <class Scalar>
void UpperTriangle<Scalar>::adjoint(const Arguments& a,
                                    const std::vector<AnyTensor>& output_adjoints,
                                    const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const std::int64_t n = input_adjoints[0].shape()[1];
  const std::int64_t length = output_adjoints[0].shape()[1];
  const auto from = output_adjoints[0].as<Scalar>().view();
  const auto to = input_adjoints[0].as<Scalar>().view();
  for_each_index(
      a.space, "upper triangle adjoint", input_adjoints[0].shape()[0] * n,
      KOKKOS_LAMBDA(std::int64_t row) {
        const std::int64_t sample = row / n;
        const std::int64_t i = row % n;
        for (std::int64_t j = 0; j < n; ++j) {
          const std::int64_t low = i < j ? i : j;
          const std::int64_t high = i < j ? j : i;
          const Scalar factor = i == j ? Scalar(1) : static_cast<Scalar>(half_root);
          to(row * n + j) = factor * from(sample * length + row_start(n, low) + high - low);
        }
      });
}

template class UpperTriangle<float>;
template class UpperTriangle<double>;

}  // namespace eigenprop
