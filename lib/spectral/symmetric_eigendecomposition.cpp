#include "spectral/symmetric_eigendecomposition.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/blas.hpp"
#include "linalg/dense_kernels.hpp"
#include "linalg/eigen_loop.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "spectral/spectral_vectors.hpp"
#include "spectral/square_matrices.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

constexpr auto no = Transpose::no;
constexpr auto yes = Transpose::yes;

// `inner`: UᵀŪ.
template <class Scalar>
UndeterminedGradient::Part measure(const UndeterminedGradient& judge, int n, const Scalar* values,
                                   const Scalar* inner, double total) {
  UndeterminedGradient::Part part;
  part.total = total;
  const auto largest = static_cast<double>(std::max(std::abs(values[0]), std::abs(values[n - 1])));
  for (int i = 0; i < n; ++i) {
    for (int j = i + 1; j < n; ++j) {
      if (!judge.equal(static_cast<double>(values[i]), static_cast<double>(values[j]), largest))
        continue;
      ++part.pairs;
      const auto turn =
          static_cast<double>(inner[std::int64_t{i} * n + j] - inner[std::int64_t{j} * n + i]);
      part.undetermined += turn * turn / 2;
    }
  }
  return part;
}

}  // namespace

template <class Scalar>
SymmetricEigendecomposition<Scalar>::SymmetricEigendecomposition(
    const EigenvectorSettings& settings)
    : settings_(settings) {
  settings.gaps.check();
}

template <class Scalar>
OperationPlan SymmetricEigendecomposition<Scalar>::plan(
    const std::vector<TensorSpec>& inputs) const {
  const auto p = precision_of<Scalar>();
  const Shape& z = require_square_matrices(type(), inputs, p);
  OperationPlan plan;
  plan.outputs = {{z, p}, {{z[0], z[1]}, p}};
  plan.scratch = {{{sample_threads(), 3 * z[1] * z[1]}, p}};
  plan.flops = 9 * static_cast<double>(z.size() * z[1]);
  return plan;
}

template <class Scalar>
void SymmetricEigendecomposition<Scalar>::forward(const Arguments& a) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const HostInput<Scalar> z(a.space, a.inputs[0]);
  const HostOutput<Scalar> vectors(a.space, a.outputs[0]);
  const HostOutput<Scalar> values(a.space, a.outputs[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  const auto begin = [&](std::int64_t sample, int /*thread*/) {
    add_transposed(n, Scalar(0.5), z.sample(sample), vectors.sample(sample));
  };
  const auto finish = [&](std::int64_t sample, int thread) {
    Scalar* rows = scratch.sample(thread);
    Scalar* u = vectors.sample(sample);
    std::copy(u, u + std::int64_t{n} * n, rows);
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < n; ++i) u[std::int64_t{i} * n + j] = rows[std::int64_t{j} * n + i];
      scale_column(n, n, column_sign(n, n, u, j), u, j);
    }
  };
  for_each_eigen_sample(a.host_space(), n, a.inputs[0].shape()[0], vectors, values, begin, finish);
  vectors.flush();
  values.flush();
}

template <class Scalar>
void SymmetricEigendecomposition<Scalar>::variation(
    const Arguments& a, const std::vector<AnyTensor>& input_variations,
    const std::vector<AnyTensor>& output_variations) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const std::int64_t area = std::int64_t{n} * n;
  const HostInput<Scalar> vectors(a.space, a.outputs[0]);
  const HostInput<Scalar> all_values(a.space, a.outputs[1]);
  const HostInput<Scalar> change(a.space, input_variations[0]);
  const HostOutput<Scalar> vector_changes(a.space, output_variations[0]);
  const HostOutput<Scalar> value_changes(a.space, output_variations[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t sample, int thread) {
    const Scalar* u = vectors.sample(sample);
    const Scalar* values = all_values.sample(sample);
    Scalar* symmetric = scratch.sample(thread);
    Scalar* work = symmetric + area;
    Scalar* inner = work + area;
    add_transposed(n, Scalar(0.5), change.sample(sample), symmetric);
    gemm(no, no, n, n, n, Scalar(1), symmetric, n, u, n, Scalar(0), work, n);
    gemm(yes, no, n, n, n, Scalar(1), u, n, work, n, Scalar(0), inner, n);
    for (int i = 0; i < n; ++i) {
      Scalar& diagonal = inner[std::int64_t{i} * n + i];
      value_changes.sample(sample)[i] = diagonal;
      diagonal = 0;
      for (int j = i + 1; j < n; ++j) {
        const auto factor = static_cast<Scalar>(settings_.gaps.reciprocal(
            static_cast<double>(values[j]), static_cast<double>(values[i])));
        inner[std::int64_t{i} * n + j] *= factor;
        inner[std::int64_t{j} * n + i] *= -factor;
      }
    }
    gemm(no, no, n, n, n, Scalar(1), u, n, inner, n, Scalar(0), vector_changes.sample(sample), n);
    require_finite_derivative(area, vector_changes.sample(sample), n, values,
                              "the symmetric eigen-decomposition");
  });
  vector_changes.flush();
  value_changes.flush();
}

template <class Scalar>
void SymmetricEigendecomposition<Scalar>::adjoint(
    const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
    const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const Shape& shape = a.inputs[0].shape();
  const int n = static_cast<int>(shape[1]);
  const std::int64_t area = std::int64_t{n} * n;
  const HostInput<Scalar> vectors(a.space, a.outputs[0]);
  const HostInput<Scalar> all_values(a.space, a.outputs[1]);
  const HostInput<Scalar> vector_gradients(a.space, output_adjoints[0]);
  const HostInput<Scalar> value_gradients(a.space, output_adjoints[1]);
  const HostOutput<Scalar> result(a.space, input_adjoints[0]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  if (settings_.observer) {
    // First, so that it can also be read where the derivative does not exist.
    std::vector<UndeterminedGradient::Part> measured(static_cast<std::size_t>(shape[0]));
    for_each_sample(a.host_space(), shape[0], [&](std::int64_t sample, int thread) {
      const Scalar* of_vectors = vector_gradients.sample(sample);
      Scalar* inner = scratch.sample(thread);
      gemm(yes, no, n, n, n, Scalar(1), vectors.sample(sample), n, of_vectors, n, Scalar(0), inner,
           n);
      measured[static_cast<std::size_t>(sample)] =
          measure(*settings_.observer, n, all_values.sample(sample), inner,
                  squared_norm(area, of_vectors) + squared_norm(n, value_gradients.sample(sample)));
    });
    settings_.observer->add(measured);
  }
  for_each_sample(a.host_space(), shape[0], [&](std::int64_t sample, int thread) {
    const Scalar* u = vectors.sample(sample);
    const Scalar* values = all_values.sample(sample);
    const Scalar* of_vectors = vector_gradients.sample(sample);
    const Scalar* of_values = value_gradients.sample(sample);
    Scalar* inner = scratch.sample(thread);
    Scalar* work = inner + area;
    require_finite(area, of_vectors, "the gradient of the eigenvectors");
    require_finite(n, of_values, "the gradient of the eigenvalues");
    const bool of_vectors_zero = all_zero(area, of_vectors);
    gemm(yes, no, n, n, n, Scalar(1), u, n, of_vectors, n, Scalar(0), inner, n);
    const Scalar noise_level = rounding_of_products<Scalar>(squared_norm(area, of_vectors));
    for (int i = 0; i < n; ++i) {
      inner[std::int64_t{i} * n + i] = of_values[i];
      if (of_vectors_zero) continue;
      for (int j = i + 1; j < n; ++j) {
        const auto factor = static_cast<Scalar>(settings_.gaps.reciprocal(
            static_cast<double>(values[j]), static_cast<double>(values[i])));
        Scalar& upper = inner[std::int64_t{i} * n + j];
        Scalar& lower = inner[std::int64_t{j} * n + i];
        const bool noise =
            std::abs(upper - lower) <= noise_level &&
            settings_.gaps.limits(static_cast<double>(values[j]), static_cast<double>(values[i]));
        upper = lower = noise ? Scalar(0) : factor * (upper - lower) / 2;
      }
    }
    gemm(no, no, n, n, n, Scalar(1), u, n, inner, n, Scalar(0), work, n);
    gemm(no, yes, n, n, n, Scalar(1), work, n, u, n, Scalar(0), result.sample(sample), n);
    require_finite_derivative(area, result.sample(sample), n, values,
                              "the symmetric eigen-decomposition");
  });
  result.flush();
}

template class SymmetricEigendecomposition<float>;
template class SymmetricEigendecomposition<double>;

}  // namespace eigenprop
