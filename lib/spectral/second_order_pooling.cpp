#include "spectral/second_order_pooling.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/eigen_loop.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

int locations(const Shape& features) {
  return static_cast<int>(features.rows() / std::max<std::int64_t>(features[0], 1));
}

}  // namespace

template <class Scalar>
SecondOrderPooling<Scalar>::SecondOrderPooling(const SecondOrderPoolingSettings& settings)
    : settings_(settings) {
  require(std::isfinite(settings.epsilon) && settings.epsilon > 0,
          "second-order pooling needs a positive epsilon, not " + std::to_string(settings.epsilon));
  require(settings.function.defined_at(settings.epsilon),
          "second-order pooling: epsilon lies outside the domain " + settings.function.domain() +
              " of " + settings.function.name());
  require(settings.spread == 0 || settings.spread >= 1,
          "second-order pooling: the spread must be at least 1, or 0 for the default");
}

template <class Scalar>
GramFunction<Scalar> SecondOrderPooling<Scalar>::function_of(const Shape& features) const {
  // Errors of the eigenvalues up to about 1e-10 in double and 1e-5 in float.
  const double usual = precision_of<Scalar>() == Precision::f64 ? 1e6 : 1e2;
  return {settings_.function,  settings_.epsilon,
          settings_.route,     settings_.spread > 0 ? settings_.spread : usual,
          locations(features), static_cast<int>(features.columns())};
}

template <class Scalar>
OperationPlan SecondOrderPooling<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  const Shape& f = inputs[0].shape;
  require(f.rank() >= 3 && f.size() > 0,
          type() + " takes features (batch, ..., channels), not " + f.text());
  const std::int64_t batch = f[0];
  const std::int64_t d = f.columns();
  const std::int64_t m = locations(f);
  const std::int64_t r = std::min(m, d);
  const auto p = precision_of<Scalar>();
  OperationPlan plan;
  plan.outputs = {{{batch, d, d}, p}};
  plan.saved = {{{batch, r, r}, p}, {{batch, r}, p}};
  if (m < d) plan.saved.push_back({{batch, m, d}, p});
  plan.scratch = {{{sample_threads(), function_of(f).scratch_size()}, p}};
  const auto cube = static_cast<double>(r * r * r);
  plan.flops = static_cast<double>(batch) * (static_cast<double>(m * d * (r + d)) + 9 * cube);
  return plan;
}

template <class Scalar>
void SecondOrderPooling<Scalar>::forward(const Arguments& a) const {
  const auto function = function_of(a.inputs[0].shape());
  const HostInput<Scalar> f(a.space, a.inputs[0]);
  const HostOutput<Scalar> c(a.space, a.outputs[0]);
  const HostOutput<Scalar> vectors(a.space, a.saved[0]);
  const HostOutput<Scalar> values(a.space, a.saved[1]);
  const HostOutput<Scalar> projected(a.space, a.saved.back());
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  const auto frame = [&](std::int64_t i) {
    return typename GramFunction<Scalar>::Frame{vectors.sample(i), values.sample(i),
                                                projected.sample(i)};
  };
  const auto samples = a.inputs[0].shape()[0];
  const auto begin = [&](std::int64_t i, int /*thread*/) { function.begin(f.sample(i), frame(i)); };
  const auto finish = [&](std::int64_t i, int thread) {
    function.finish(f.sample(i), frame(i), c.sample(i), scratch.sample(thread));
  };
  if (function.decomposes_gram()) {
    const auto r = static_cast<int>(a.saved[1].shape()[1]);
    for_each_eigen_sample(a.host_space(), r, samples, vectors, values, begin, finish);
  } else {
    for_each_sample(a.host_space(), samples, [&](std::int64_t i, int thread) {
      begin(i, thread);
      finish(i, thread);
    });
  }
  c.flush();
  vectors.flush();
  values.flush();
  if (a.saved.size() > 2) projected.flush();
}

template <class Scalar>
void SecondOrderPooling<Scalar>::variation(const Arguments& a,
                                           const std::vector<AnyTensor>& input_variations,
                                           const std::vector<AnyTensor>& output_variations) const {
  const auto function = function_of(a.inputs[0].shape());
  const HostInput<Scalar> f(a.space, a.inputs[0]);
  const HostInput<Scalar> change(a.space, input_variations[0]);
  const HostOutput<Scalar> result(a.space, output_variations[0]);
  const HostInput<Scalar> vectors(a.space, a.saved[0]);
  const HostInput<Scalar> values(a.space, a.saved[1]);
  const HostInput<Scalar> projected(a.space, a.saved.back());
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t i, int thread) {
    function.variation(f.sample(i), {vectors.sample(i), values.sample(i), projected.sample(i)},
                       change.sample(i), result.sample(i), scratch.sample(thread));
  });
  result.flush();
}

template <class Scalar>
void SecondOrderPooling<Scalar>::adjoint(const Arguments& a,
                                         const std::vector<AnyTensor>& output_adjoints,
                                         const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto function = function_of(a.inputs[0].shape());
  const HostInput<Scalar> f(a.space, a.inputs[0]);
  const HostInput<Scalar> adjoint(a.space, output_adjoints[0]);
  const HostOutput<Scalar> result(a.space, input_adjoints[0]);
  const HostInput<Scalar> vectors(a.space, a.saved[0]);
  const HostInput<Scalar> values(a.space, a.saved[1]);
  const HostInput<Scalar> projected(a.space, a.saved.back());
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), a.inputs[0].shape()[0], [&](std::int64_t i, int thread) {
    function.adjoint(f.sample(i), {vectors.sample(i), values.sample(i), projected.sample(i)},
                     adjoint.sample(i), result.sample(i), scratch.sample(thread));
  });
  result.flush();
}

template class SecondOrderPooling<float>;
template class SecondOrderPooling<double>;

}  // namespace eigenprop
