#include "spectral/newton_schulz.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/blas.hpp"
#include "linalg/dense_kernels.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "spectral/spectral_vectors.hpp"
#include "spectral/square_matrices.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

using Normalization = NewtonSchulzSettings::Normalization;

constexpr auto no = Transpose::no;
constexpr auto yes = Transpose::yes;

// c <- alpha op(a) op(b) + beta c for square matrices.
template <class Scalar>
void multiply(int n, Scalar alpha, Transpose ta, const Scalar* a, Transpose tb, const Scalar* b,
              Scalar beta, Scalar* c) {
  gemm(ta, tb, n, n, n, alpha, a, n, b, n, beta, c, n);
}

// t <- (3I - z y) / 2
template <class Scalar>
void step_matrix(int n, const Scalar* y, const Scalar* z, Scalar* t) {
  multiply(n, Scalar(-0.5), no, z, no, y, Scalar(0), t);
  for (int i = 0; i < n; ++i) t[std::int64_t{i} * n + i] += Scalar(1.5);
}

template <class Scalar>
double trace(int n, const Scalar* a) {
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += static_cast<double>(a[std::int64_t{i} * n + i]);
  return sum;
}

template <class Scalar>
double inner_product(std::int64_t count, const Scalar* a, const Scalar* b) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace

template <class Scalar>
NewtonSchulzRoot<Scalar>::NewtonSchulzRoot(const NewtonSchulzSettings& settings)
    : settings_(settings) {
  require(settings.iterations >= 1, "newton_schulz_root takes at least one iteration");
}

template <class Scalar>
OperationPlan NewtonSchulzRoot<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  const auto p = precision_of<Scalar>();
  const Shape& a = require_square_matrices(type(), inputs, p);
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  // Y_0, Z_0, ..., Y_N, Z_N and t.
  plan.saved = {{{a[0], 2 * (settings_.iterations + 1), a[1], a[1]}, p}, {{a[0]}, p}};
  plan.scratch = {{{sample_threads(), 6 * a[1] * a[1]}, p}};
  plan.flops = 6.0 * settings_.iterations * static_cast<double>(a.size() * a[1]);
  return plan;
}

template <class Scalar>
double NewtonSchulzRoot<Scalar>::norm(int n, const Scalar* symmetric) const {
  return settings_.normalization == Normalization::trace
             ? trace(n, symmetric)
             : std::sqrt(squared_norm(std::int64_t{n} * n, symmetric));
}

template <class Scalar>
void NewtonSchulzRoot<Scalar>::forward(const Arguments& a) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const std::int64_t area = std::int64_t{n} * n;
  const HostInput<Scalar> input(a.space, a.inputs[0]);
  const HostOutput<Scalar> result(a.space, a.outputs[0]);
  const HostOutput<Scalar> iterates(a.space, a.saved[0]);
  const HostOutput<Scalar> norms(a.space, a.saved[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t sample, int thread) {
    Scalar* y = iterates.sample(sample);
    Scalar* t = scratch.sample(thread);
    require_finite(area, input.sample(sample), "the matrix given to the square root");
    add_transposed(n, Scalar(0.5), input.sample(sample), y);
    const auto size = static_cast<Scalar>(norm(n, y));
    require(size > 0, "the square root takes positive definite matrices; trace or norm is " +
                          std::to_string(size));
    *norms.sample(sample) = size;
    for (std::int64_t i = 0; i < area; ++i) y[i] /= size;
    Scalar* z = y + area;
    std::fill(z, z + area, Scalar(0));
    for (int i = 0; i < n; ++i) z[std::int64_t{i} * n + i] = 1;
    for (int k = 0; k < settings_.iterations; ++k, y += 2 * area, z += 2 * area) {
      step_matrix(n, y, z, t);
      multiply(n, Scalar(1), no, y, no, t, Scalar(0), y + 2 * area);
      multiply(n, Scalar(1), no, t, no, z, Scalar(0), z + 2 * area);
    }
    const Scalar root = std::sqrt(size);
    for (std::int64_t i = 0; i < area; ++i) result.sample(sample)[i] = root * y[i];
    require_finite(area, result.sample(sample), "the square root of Newton and Schulz");
  });
  result.flush();
  iterates.flush();
  norms.flush();
}

template <class Scalar>
void NewtonSchulzRoot<Scalar>::variation(const Arguments& a,
                                         const std::vector<AnyTensor>& input_variations,
                                         const std::vector<AnyTensor>& output_variations) const {
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const std::int64_t area = std::int64_t{n} * n;
  const HostInput<Scalar> change(a.space, input_variations[0]);
  const HostOutput<Scalar> result(a.space, output_variations[0]);
  const HostInput<Scalar> iterates(a.space, a.saved[0]);
  const HostInput<Scalar> norms(a.space, a.saved[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t sample, int thread) {
    const Scalar* y = iterates.sample(sample);
    const Scalar size = *norms.sample(sample);
    Scalar* dy = scratch.sample(thread);
    Scalar* dz = dy + area;
    Scalar* t = dz + area;
    Scalar* dt = t + area;
    Scalar* work = dt + area;
    add_transposed(n, Scalar(0.5), change.sample(sample), dy);
    // With Y₀ = A / t: dt = tr dA, or A : dA / ‖A‖ = Y₀ : dA.
    const auto size_change = static_cast<Scalar>(settings_.normalization == Normalization::trace
                                                     ? trace(n, dy)
                                                     : inner_product(area, y, dy));
    for (std::int64_t i = 0; i < area; ++i) dy[i] = (dy[i] - size_change * y[i]) / size;
    std::fill(dz, dz + area, Scalar(0));
    for (int k = 0; k < settings_.iterations; ++k, y += 2 * area) {
      const Scalar* z = y + area;
      step_matrix(n, y, z, t);
      multiply(n, Scalar(-0.5), no, dz, no, y, Scalar(0), dt);
      multiply(n, Scalar(-0.5), no, z, no, dy, Scalar(1), dt);
      multiply(n, Scalar(1), no, dy, no, t, Scalar(0), work);
      multiply(n, Scalar(1), no, y, no, dt, Scalar(1), work);
      std::copy(work, work + area, dy);
      multiply(n, Scalar(1), no, t, no, dz, Scalar(0), work);
      multiply(n, Scalar(1), no, dt, no, z, Scalar(1), work);
      std::copy(work, work + area, dz);
    }
    const Scalar root = std::sqrt(size);
    const Scalar root_change = size_change / (2 * root);
    for (std::int64_t i = 0; i < area; ++i)
      result.sample(sample)[i] = root * dy[i] + root_change * y[i];
  });
  result.flush();
}

template <class Scalar>
void NewtonSchulzRoot<Scalar>::adjoint(const Arguments& a,
                                       const std::vector<AnyTensor>& output_adjoints,
                                       const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const int n = static_cast<int>(a.inputs[0].shape()[1]);
  const std::int64_t area = std::int64_t{n} * n;
  const HostInput<Scalar> gradient(a.space, output_adjoints[0]);
  const HostOutput<Scalar> result(a.space, input_adjoints[0]);
  const HostInput<Scalar> iterates(a.space, a.saved[0]);
  const HostInput<Scalar> norms(a.space, a.saved[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t sample, int thread) {
    const Scalar* first = iterates.sample(sample);
    const Scalar* y = first + 2 * area * settings_.iterations;
    const Scalar* of_c = gradient.sample(sample);
    const Scalar size = *norms.sample(sample);
    const Scalar root = std::sqrt(size);
    Scalar* gy = scratch.sample(thread);
    Scalar* gz = gy + area;
    Scalar* t = gz + area;
    Scalar* gt = t + area;
    Scalar* work = gt + area;
    require_finite(area, of_c, "the gradient of the square root");
    for (std::int64_t i = 0; i < area; ++i) gy[i] = root * of_c[i];
    double size_gradient = inner_product(area, of_c, y) / (2 * static_cast<double>(root));
    std::fill(gz, gz + area, Scalar(0));
    for (int k = 0; k < settings_.iterations; ++k) {
      y -= 2 * area;
      const Scalar* z = y + area;
      step_matrix(n, y, z, t);
      multiply(n, Scalar(1), yes, y, no, gy, Scalar(0), gt);
      multiply(n, Scalar(1), no, gz, yes, z, Scalar(1), gt);
      multiply(n, Scalar(1), no, gy, yes, t, Scalar(0), work);
      multiply(n, Scalar(-0.5), yes, z, no, gt, Scalar(1), work);
      std::copy(work, work + area, gy);
      multiply(n, Scalar(1), yes, t, no, gz, Scalar(0), work);
      multiply(n, Scalar(-0.5), no, gt, yes, y, Scalar(1), work);
      std::copy(work, work + area, gz);
    }
    size_gradient -= inner_product(area, gy, first) / static_cast<double>(size);
    for (std::int64_t i = 0; i < area; ++i) gy[i] /= size;
    const auto share = static_cast<Scalar>(size_gradient);
    if (settings_.normalization == Normalization::trace) {
      for (int i = 0; i < n; ++i) gy[std::int64_t{i} * n + i] += share;
    } else {
      for (std::int64_t i = 0; i < area; ++i) gy[i] += share * first[i];
    }
    add_transposed(n, Scalar(0.5), gy, result.sample(sample));
    require_finite(area, result.sample(sample), "the derivative of the square root");
  });
  result.flush();
}

template class NewtonSchulzRoot<float>;
template class NewtonSchulzRoot<double>;

}  // namespace eigenprop
