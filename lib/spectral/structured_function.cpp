#include "spectral/structured_function.hpp"

#include <cmath>
#include <sstream>

#include "linalg/blas.hpp"
#include "linalg/dense_kernels.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "spectral/second_order_pooling.hpp"
#include "spectral/spectral_vectors.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

constexpr auto no = Transpose::no;
constexpr auto yes = Transpose::yes;

// to <- from diag(factors) for row-major rows x columns matrices.
template <class Scalar>
void scale_columns(int rows, int columns, const Scalar* factors, const Scalar* from, Scalar* to) {
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      const std::int64_t at = std::int64_t{i} * columns + j;
      to[at] = factors[j] * from[at];
    }
  }
}

struct Sizes {
  explicit Sizes(const std::vector<AnyTensor>& inputs)
      : r(static_cast<int>(inputs[0].shape()[1])),
        n(static_cast<int>(inputs[1].shape()[1])),
        c(static_cast<int>(inputs[1].shape()[2])),
        batch(inputs[0].shape()[0]) {}
  std::int64_t slab() const { return std::int64_t{n} * c; }
  std::int64_t square() const { return std::int64_t{n} * n; }
  int r, n, c;
  std::int64_t batch;
};

void require_domain(const ScalarFunction& function, double value) {
  if (function.defined_at(value)) return;
  std::ostringstream text;
  text << "eigenvalue " << value << " lies outside the domain " << function.domain() << " of "
       << function.name();
  throw InputError(text.str());
}

}  // namespace

template <class Scalar>
OperationPlan VectorFunction<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  const auto p = precision_of<Scalar>();
  require_input(type(), inputs, 0, p, 2);
  require_input(type(), inputs, 1, p, 3);
  const Shape& values = inputs[0].shape;
  const Shape& v = inputs[1].shape;
  require(values[0] == v[0] && values[1] <= v[2] && v[2] <= v[1] && values.size() > 0,
          type() + ": values " + values.text() + " do not fit vectors " + v.text());
  OperationPlan plan;
  plan.outputs = {{{v[0], v[1], v[1]}, p}};
  plan.scratch = {{{sample_threads(), 2 * v[2] + 2 * v[1] * v[2] + v[1] * v[1]}, p}};
  plan.flops = 2 * static_cast<double>(v.size() * v[1]);
  return plan;
}

// w (or w - w₀ where c < n) and w' of all c columns.
template <class Scalar>
void VectorFunction<Scalar>::weights(int r, int c, int n, const Scalar* values, Scalar* w,
                                     Scalar* derivative) const {
  for (int j = 0; j < c; ++j) {
    const auto value = j < r ? static_cast<double>(values[j]) : 0.0;
    const Weight found = weight(value);
    w[j] = static_cast<Scalar>(c < n ? found.above_zero : found.value);
    derivative[j] = static_cast<Scalar>(found.derivative);
  }
}

template <class Scalar>
void VectorFunction<Scalar>::forward(const Arguments& a) const {
  const Sizes s(a.inputs);
  const HostInput<Scalar> values(a.space, a.inputs[0]);
  const HostInput<Scalar> vectors(a.space, a.inputs[1]);
  const HostOutput<Scalar> result(a.space, a.outputs[0]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), s.batch, [&](std::int64_t sample, int thread) {
    const Scalar* v = vectors.sample(sample);
    Scalar* c = result.sample(sample);
    Scalar* w = scratch.sample(thread);
    Scalar* derivative = w + s.c;
    Scalar* scaled = derivative + s.c;
    weights(s.r, s.c, s.n, values.sample(sample), w, derivative);
    scale_columns(s.n, s.c, w, v, scaled);
    gemm(no, yes, s.n, s.n, s.c, Scalar(1), scaled, s.c, v, s.c, Scalar(0), c, s.n);
    if (s.c < s.n) {
      const auto shift = static_cast<Scalar>(weight(0).value);
      for (int i = 0; i < s.n; ++i) c[std::int64_t{i} * s.n + i] += shift;
    }
    require_finite(s.square(), c, "the matrix function");
  });
  result.flush();
}

template <class Scalar>
void VectorFunction<Scalar>::variation(const Arguments& a,
                                       const std::vector<AnyTensor>& input_variations,
                                       const std::vector<AnyTensor>& output_variations) const {
  const Sizes s(a.inputs);
  const HostInput<Scalar> values(a.space, a.inputs[0]);
  const HostInput<Scalar> vectors(a.space, a.inputs[1]);
  const IfGiven<HostInput<Scalar>> value_changes(a.space, input_variations[0]);
  const IfGiven<HostInput<Scalar>> vector_changes(a.space, input_variations[1]);
  const HostOutput<Scalar> result(a.space, output_variations[0]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), s.batch, [&](std::int64_t sample, int thread) {
    const Scalar* v = vectors.sample(sample);
    const Scalar* dv = vector_changes.sample(sample);
    const Scalar* dvalues = value_changes.sample(sample);
    Scalar* w = scratch.sample(thread);
    Scalar* derivative = w + s.c;
    Scalar* half = derivative + s.c;
    Scalar* scaled = half + s.slab();
    Scalar* square = scaled + s.slab();
    weights(s.r, s.c, s.n, values.sample(sample), w, derivative);
    for (int j = 0; j < s.c; ++j) derivative[j] *= dvalues && j < s.r ? dvalues[j] / 2 : Scalar(0);
    scale_columns(s.n, s.c, derivative, v, half);
    if (dv) {
      scale_columns(s.n, s.c, w, dv, scaled);
      for (std::int64_t i = 0; i < s.slab(); ++i) half[i] += scaled[i];
    }
    gemm(no, yes, s.n, s.n, s.c, Scalar(1), half, s.c, v, s.c, Scalar(0), square, s.n);
    add_transposed(s.n, Scalar(1), square, result.sample(sample));
  });
  result.flush();
}

template <class Scalar>
void VectorFunction<Scalar>::adjoint(const Arguments& a,
                                     const std::vector<AnyTensor>& output_adjoints,
                                     const std::vector<AnyTensor>& input_adjoints) const {
  const Sizes s(a.inputs);
  const HostInput<Scalar> values(a.space, a.inputs[0]);
  const HostInput<Scalar> vectors(a.space, a.inputs[1]);
  const HostInput<Scalar> gradient(a.space, output_adjoints[0]);
  const IfGiven<HostOutput<Scalar>> value_adjoints(a.space, input_adjoints[0]);
  const IfGiven<HostOutput<Scalar>> vector_adjoints(a.space, input_adjoints[1]);
  const HostOutput<Scalar> scratch(a.space, a.scratch[0]);
  for_each_sample(a.host_space(), s.batch, [&](std::int64_t sample, int thread) {
    const Scalar* v = vectors.sample(sample);
    Scalar* value_adjoint = value_adjoints.sample(sample);
    Scalar* vector_adjoint = vector_adjoints.sample(sample);
    Scalar* w = scratch.sample(thread);
    Scalar* derivative = w + s.c;
    Scalar* product = derivative + s.c;
    Scalar* square = product + 2 * s.slab();
    require_finite(s.square(), gradient.sample(sample), "the gradient of the matrix function");
    weights(s.r, s.c, s.n, values.sample(sample), w, derivative);
    add_transposed(s.n, Scalar(0.5), gradient.sample(sample), square);
    gemm(no, no, s.n, s.c, s.n, Scalar(1), square, s.n, v, s.c, Scalar(0), product, s.c);
    for (int j = 0; value_adjoint && j < s.r; ++j) {
      Scalar sum = 0;
      for (int i = 0; i < s.n; ++i)
        sum += v[std::int64_t{i} * s.c + j] * product[std::int64_t{i} * s.c + j];
      value_adjoint[j] = derivative[j] * sum;
    }
    if (!vector_adjoint) return;
    for (int j = 0; j < s.c; ++j) w[j] *= 2;
    scale_columns(s.n, s.c, w, product, vector_adjoint);
  });
  value_adjoints.flush();
  vector_adjoints.flush();
}

template <class Scalar>
SingularValueFunction<Scalar>::SingularValueFunction(const ScalarFunction& function, double epsilon)
    : function_(function), epsilon_(epsilon) {
  require(
      std::isfinite(epsilon) && function.defined_at(epsilon),
      type() + ": epsilon lies outside the domain " + function.domain() + " of " + function.name());
}

template <class Scalar>
typename VectorFunction<Scalar>::Weight SingularValueFunction<Scalar>::weight(double value) const {
  const double square = value * value;
  require_domain(function_, square + epsilon_);
  return {function_.value(square + epsilon_),
          square * function_.divided_difference(square + epsilon_, epsilon_),
          2 * value * function_.derivative(square + epsilon_)};
}

template <class Scalar>
EigenvalueFunction<Scalar>::EigenvalueFunction(const ScalarFunction& function)
    : function_(function) {}

template <class Scalar>
OperationPlan EigenvalueFunction<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  auto plan = VectorFunction<Scalar>::plan(inputs);
  const Shape& u = inputs[1].shape;
  require(u[1] == u[2] && inputs[0].shape[1] == u[1],
          type() + " takes all eigenvalues and a square matrix of eigenvectors, not " +
              inputs[0].shape.text() + " and " + u.text());
  return plan;
}

template <class Scalar>
typename VectorFunction<Scalar>::Weight EigenvalueFunction<Scalar>::weight(double value) const {
  require_domain(function_, value);
  const double g = function_.value(value);
  return {g, g, function_.derivative(value)};
}

template <class Scalar>
Value pool_by_singular_values(Graph& graph, const std::string& name, Value features,
                              const ScalarFunction& function, double epsilon,
                              const SingularValueSettings& settings) {
  SingularValueSettings used = settings;
  used.u = false;
  used.values = used.v = true;
  const auto parts = graph.apply(
      name + "/svd", std::make_shared<SingularValueDecomposition<Scalar>>(used), {features}, 2);
  return graph.apply(name, std::make_shared<SingularValueFunction<Scalar>>(function, epsilon),
                     parts);
}

template <class Scalar>
Value pool_by_eigenvalues(Graph& graph, const std::string& name, Value features,
                          const ScalarFunction& function, double epsilon,
                          const EigenvectorSettings& settings) {
  SecondOrderPoolingSettings plain;
  plain.function = ScalarFunction::identity();
  plain.epsilon = epsilon;
  const Value z =
      graph.apply(name + "/gram", std::make_shared<SecondOrderPooling<Scalar>>(plain), {features});
  const auto parts = graph.apply(
      name + "/eig", std::make_shared<SymmetricEigendecomposition<Scalar>>(settings), {z}, 2);
  return graph.apply(name, std::make_shared<EigenvalueFunction<Scalar>>(function),
                     {parts[1], parts[0]});
}

template class VectorFunction<float>;
template class VectorFunction<double>;
template class SingularValueFunction<float>;
template class SingularValueFunction<double>;
template class EigenvalueFunction<float>;
template class EigenvalueFunction<double>;
template Value pool_by_singular_values<float>(Graph&, const std::string&, Value,
                                              const ScalarFunction&, double,
                                              const SingularValueSettings&);
template Value pool_by_singular_values<double>(Graph&, const std::string&, Value,
                                               const ScalarFunction&, double,
                                               const SingularValueSettings&);
template Value pool_by_eigenvalues<float>(Graph&, const std::string&, Value, const ScalarFunction&,
                                          double, const EigenvectorSettings&);
template Value pool_by_eigenvalues<double>(Graph&, const std::string&, Value, const ScalarFunction&,
                                           double, const EigenvectorSettings&);

}  // namespace eigenprop
