#include "projector_comparison/projector_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cuts/edge_derivatives.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "cuts/spectral_filter.hpp"
#include "runtime/index.hpp"
#include "runtime/timer.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {
namespace {

Tensor<double> edge_tensor(const GraphProblem& p) {
  Tensor<double> edges({p.height, p.width, static_cast<std::int64_t>(p.offsets.size())});
  from_host(edges, p.edges);
  return edges;
}

// One operation on one set of inputs.
struct Call {
  const Operation& operation;
  Arguments arguments;

  Call(const Operation& operation_in, const std::vector<AnyTensor>& inputs)
      : operation(operation_in) {
    arguments.inputs = inputs;
    std::vector<TensorSpec> specs;
    for (const auto& input : inputs) specs.push_back({input.shape(), input.precision()});
    const auto plan = operation.plan(specs);
    for (const auto& spec : plan.outputs)
      arguments.outputs.push_back(AnyTensor::zeros(spec.shape, spec.precision));
    for (const auto& spec : plan.saved)
      arguments.saved.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  }
};

Tensor<double> scalar(double value) {
  Tensor<double> result({1});
  from_host(result, {value});
  return result;
}

template <class F>
double seconds(const F& f) {
  const Timer timer;
  f();
  return timer.seconds();
}

// The fastest of several runs, which give the same.
template <class F>
CapturedGradient fastest(int repetitions, const F& run) {
  CapturedGradient result = run();
  for (int i = 1; i < repetitions; ++i) {
    const auto next = run();
    result.forward_seconds = std::min(result.forward_seconds, next.forward_seconds);
    result.adjoint_seconds = std::min(result.adjoint_seconds, next.adjoint_seconds);
  }
  return result;
}

}  // namespace

SolvedGradient solved_alignment(const GraphProblem& problem, int vectors, double tolerance,
                                double adjoint_tolerance) {
  GraphCutsSettings settings;
  settings.radius = problem.radius;
  settings.spectrum.vectors = vectors;
  settings.spectrum.tolerance = tolerance;
  settings.spectrum.adjoint_tolerance = adjoint_tolerance;
  settings.report = std::make_shared<GraphCutsReport>();
  Tensor<std::int32_t> labels({1, problem.pixels()});
  from_host(labels, problem.labels);
  const GraphCutsAlignment operation(settings);
  const Call call(operation, {edge_tensor(problem), labels});
  operation.forward(call.arguments);
  const Tensor<double> gradient(call.arguments.inputs[0].shape());
  operation.adjoint(call.arguments, {scalar(1), AnyTensor()}, {gradient, AnyTensor()});
  const auto& report = *settings.report;
  return {{to_host(call.arguments.outputs[0].as<double>())[0], to_host(gradient)},
          report.gap,
          report.products,
          report.adjoint_iterations,
          report.adjoint_residual};
}

CapturedGradient projector_captured(const GraphProblem& problem, int vectors,
                                    const GraphSpectrumSettings& settings, int repetitions) {
  auto wanted = settings;
  wanted.vectors = vectors;
  const auto x_values = segment_vectors(problem);
  VectorBlock<double> x(problem.pixels(), problem.segments);
  for (std::int64_t i = 0; i < x.rows; ++i)
    std::copy_n(x_values.data() + i * x.columns, x.columns, x.row(i));
  const HostExecutionSpace space;
  return fastest(repetitions, [&] {
    CapturedGradient result;
    const auto graph = graph_of_edges(space, problem.edges.data(), problem.height, problem.width,
                                      problem.radius, nullptr);
    std::unique_ptr<GraphSpectrum> spectrum;
    GraphEigenvectors at;
    result.forward_seconds = seconds([&] {
      spectrum = std::make_unique<GraphSpectrum>(space, graph, wanted);
      at = spectrum->eigenvectors();
    });
    const auto u = leading_columns(at.basis, vectors);
    const auto parts = gram_matrix(space, x, u, nullptr);
    for (const double part : parts) result.gradient.value += part * part;
    result.gradient.edges.assign(problem.edges.size(), 0.0);
    int iterations = 0;
    result.adjoint_seconds = seconds([&] {
      VectorBlock<double> right(x.rows, vectors), m_z(x.rows, vectors);
      multiply_block(space, x, parts, 1, 0, right);
      const auto solution = spectrum->solve_projected(at, right);
      iterations = solution.iterations;
      spectrum->multiply(solution.z, m_z);
      EdgeGradient gradient(space, graph, result.gradient.edges.data());
      gradient.add(solution.z, u, m_z, scaled_columns(space, u, at.values), 2);
      gradient.finish({}, 1);
    });
    result.forward_products = at.products;
    result.adjoint_products = iterations + 1;
    result.columns = at.basis.columns;
    return result;
  });
}

CapturedGradient filter_captured(const GraphProblem& problem, int degree, double cut, double width,
                                 int repetitions) {
  SpectralFilterSettings settings;
  settings.radius = problem.radius;
  settings.degree = degree;
  settings.cut = cut;
  settings.width = width;
  const SpectralFilter filter(settings);
  Tensor<double> x({problem.pixels(), problem.segments});
  from_host(x, segment_vectors(problem));
  const Call call(filter, {edge_tensor(problem), x});
  return fastest(repetitions, [&] {
    CapturedGradient result;
    result.forward_seconds = seconds([&] { filter.forward(call.arguments); });
    // The operation tells ⟨X, f(M) X⟩ / columns.
    const double columns = problem.segments;
    result.gradient.value = columns * to_host(call.arguments.outputs[1].as<double>())[0];
    const Tensor<double> gradient(call.arguments.inputs[0].shape());
    result.adjoint_seconds = seconds([&] {
      filter.adjoint(call.arguments, {AnyTensor(), scalar(columns)}, {gradient, AnyTensor()});
    });
    result.gradient.edges = to_host(gradient);
    result.forward_products = degree;
    result.adjoint_products = 2 * degree;
    result.columns = problem.segments;
    return result;
  });
}

double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (!std::isfinite(a[i])) return std::numeric_limits<double>::quiet_NaN();
    error += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return std::sqrt(error / size);
}

}  // namespace eigenprop
