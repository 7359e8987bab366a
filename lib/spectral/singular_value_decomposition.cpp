#include "spectral/singular_value_decomposition.hpp"

#include <algorithm>
#include <array>

#include "linalg/lapack.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "spectral/spectral_vectors.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

using Three = std::array<AnyTensor, 3>;

int rows_of(const Shape& x) { return static_cast<int>(x.rows() / std::max<std::int64_t>(x[0], 1)); }

// U, Σ and V out of the tensors of the outputs; empty where one is no output.
Three arranged(const SingularValueSettings& settings, const std::vector<AnyTensor>& outputs) {
  Three three;
  std::size_t next = 0;
  if (settings.u) three[0] = outputs[next++];
  if (settings.values) three[1] = outputs[next++];
  if (settings.v) three[2] = outputs[next++];
  return three;
}

// U, Σ and V of the last forward: what is no output is saved.
Three decomposition(const SingularValueSettings& settings, const Arguments& a) {
  Three three = arranged(settings, a.outputs);
  std::size_t next = 0;
  for (auto& tensor : three) {
    if (tensor.empty()) tensor = a.saved[next++];
  }
  return three;
}

// Host memory of U, Σ and V, by sample; null where one is not there.
template <class Access>
struct HostThree {
  HostThree(const ExecutionSpace& space, const Three& tensors)
      : u(space, tensors[0]), values(space, tensors[1]), v(space, tensors[2]) {}
  template <class Parts>
  Parts sample(std::int64_t i) const {
    return {u.sample(i), values.sample(i), v.sample(i)};
  }
  void flush() const {
    u.flush();
    values.flush();
    v.flush();
  }
  IfGiven<Access> u, values, v;
};

// The convention of signs; vt holds V's columns as its rows.
template <class Scalar>
void fix_signs(int m, int u_columns, Scalar* u, int n, int v_columns, const Scalar* vt, Scalar* v) {
  for (int j = 0; j < v_columns; ++j) {
    for (int i = 0; i < n; ++i) v[std::int64_t{i} * v_columns + j] = vt[std::int64_t{j} * n + i];
    const Scalar sign = column_sign(n, v_columns, v, j);
    scale_column(n, v_columns, sign, v, j);
    if (j < std::min(m, n)) scale_column(m, u_columns, sign, u, j);
  }
  for (int j = std::min(m, n); j < u_columns; ++j)
    scale_column(m, u_columns, column_sign(m, u_columns, u, j), u, j);
}

}  // namespace

template <class Scalar>
SingularValueDecomposition<Scalar>::SingularValueDecomposition(
    const SingularValueSettings& settings)
    : settings_(settings) {
  require(settings.u || settings.values || settings.v,
          "singular_value_decomposition: one of U, Σ and V must be an output");
  settings.gaps.check();
}

template <class Scalar>
SingularDerivatives<Scalar> SingularValueDecomposition<Scalar>::derivatives_of(
    const Shape& x) const {
  return {settings_.gaps, rows_of(x), static_cast<int>(x.columns()), settings_.full};
}

template <class Scalar>
OperationPlan SingularValueDecomposition<Scalar>::plan(
    const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  const Shape& x = inputs[0].shape;
  require(x.rank() >= 3 && x.size() > 0,
          type() + " takes matrices (batch, ..., columns), not " + x.text());
  const auto p = precision_of<Scalar>();
  const auto derivatives = derivatives_of(x);
  const std::int64_t batch = x[0];
  const std::int64_t m = rows_of(x);
  const std::int64_t n = x.columns();
  const std::int64_t r = std::min(m, n);
  OperationPlan plan;
  const auto list = [&](bool output, const Shape& shape) {
    (output ? plan.outputs : plan.saved).push_back({shape, p});
  };
  list(settings_.u, {batch, m, derivatives.u_columns()});
  list(settings_.values, {batch, r});
  list(settings_.v, {batch, n, derivatives.v_columns()});
  const std::int64_t decomposing = m * n + n * derivatives.v_columns();
  plan.scratch = {{{sample_threads(), std::max(decomposing, derivatives.scratch_size())}, p}};
  plan.flops = 22 * static_cast<double>(batch * m * n * r);
  return plan;
}

template <class Scalar>
void SingularValueDecomposition<Scalar>::forward(const Arguments& a) const {
  const Shape& shape = a.inputs[0].shape();
  const int m = rows_of(shape);
  const int n = static_cast<int>(shape.columns());
  const std::int64_t size = std::int64_t{m} * n;
  const auto derivatives = derivatives_of(shape);
  const HostInput<Scalar> x(a.space, a.inputs[0]);
  const HostThree<HostOutput<Scalar>> parts(a.space, decomposition(settings_, a));
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), shape[0], [&](std::int64_t sample, int thread) {
    using Parts = typename SingularDerivatives<Scalar>::template Parts<Scalar>;
    const auto to = parts.template sample<Parts>(sample);
    Scalar* copy = scratch.sample(thread);
    Scalar* vt = copy + size;
    std::copy(x.sample(sample), x.sample(sample) + size, copy);
    if (settings_.full) {
      full_svd(m, n, copy, to.u, to.values, vt);
    } else {
      thin_svd(m, n, copy, to.u, to.values, vt);
    }
    fix_signs(m, derivatives.u_columns(), to.u, n, derivatives.v_columns(), vt, to.v);
  });
  parts.flush();
}

template <class Scalar>
void SingularValueDecomposition<Scalar>::variation(
    const Arguments& a, const std::vector<AnyTensor>& input_variations,
    const std::vector<AnyTensor>& output_variations) const {
  using Parts = typename SingularDerivatives<Scalar>::template Parts<Scalar>;
  using Known = typename SingularDerivatives<Scalar>::Known;
  const Shape& shape = a.inputs[0].shape();
  const auto derivatives = derivatives_of(shape);
  const int m = rows_of(shape);
  const int n = static_cast<int>(shape.columns());
  const int r = std::min(m, n);
  const HostInput<Scalar> change(a.space, input_variations[0]);
  const HostThree<HostInput<Scalar>> at(a.space, decomposition(settings_, a));
  const HostThree<HostOutput<Scalar>> changes(a.space, arranged(settings_, output_variations));
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), shape[0], [&](std::int64_t sample, int thread) {
    const auto known = at.template sample<Known>(sample);
    const auto to = changes.template sample<Parts>(sample);
    derivatives.variation(known, change.sample(sample), to, scratch.sample(thread));
    require_finite_derivative(std::int64_t{m} * derivatives.u_columns(), to.u, r, known.values,
                              "U by the singular value decomposition");
    require_finite_derivative(std::int64_t{n} * derivatives.v_columns(), to.v, r, known.values,
                              "V by the singular value decomposition");
  });
  changes.flush();
}

template <class Scalar>
void SingularValueDecomposition<Scalar>::adjoint(
    const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
    const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  using Known = typename SingularDerivatives<Scalar>::Known;
  const Shape& shape = a.inputs[0].shape();
  const auto derivatives = derivatives_of(shape);
  const int m = rows_of(shape);
  const int n = static_cast<int>(shape.columns());
  const int r = std::min(m, n);
  const HostThree<HostInput<Scalar>> at(a.space, decomposition(settings_, a));
  const HostThree<HostInput<Scalar>> gradients(a.space, arranged(settings_, output_adjoints));
  const HostOutput<Scalar> result(a.space, input_adjoints[0]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  if (settings_.observer) {
    // First, so that it can also be read where the derivative does not exist.
    std::vector<UndeterminedGradient::Part> measured(static_cast<std::size_t>(shape[0]));
    for_each_sample(a.host_space(), shape[0], [&](std::int64_t sample, int thread) {
      measured[static_cast<std::size_t>(sample)] = derivatives.measure(
          at.template sample<Known>(sample), gradients.template sample<Known>(sample),
          *settings_.observer, scratch.sample(thread));
    });
    settings_.observer->add(measured);
  }
  for_each_sample(a.host_space(), shape[0], [&](std::int64_t sample, int thread) {
    const auto known = at.template sample<Known>(sample);
    const auto from = gradients.template sample<Known>(sample);
    require_finite(std::int64_t{m} * derivatives.u_columns(), from.u, "the gradient of U");
    require_finite(r, from.values, "the gradient of the singular values");
    require_finite(std::int64_t{n} * derivatives.v_columns(), from.v, "the gradient of V");
    derivatives.adjoint(known, from, result.sample(sample), scratch.sample(thread));
    require_finite_derivative(std::int64_t{m} * n, result.sample(sample), r, known.values,
                              "the singular value decomposition");
  });
  result.flush();
}

template class SingularValueDecomposition<float>;
template class SingularValueDecomposition<double>;

}  // namespace eigenprop
