// Objectives of backpropagation-for-matrix-functions.txt and deep-learning-exercises.txt as graphs:
// values and gradients against the documents' closed forms, written out with plain loops.

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "graph/execution.hpp"
#include "operations/convolution2d.hpp"
#include "operations/matrix_expression.hpp"
#include "operations/run_operation.hpp"

namespace eigenprop {
namespace {

/// A dense matrix of the references.
struct PlainMatrix {
  std::size_t rows, columns;
  std::vector<double> values;

  double& operator()(std::size_t i, std::size_t j) { return values[i * columns + j]; }
  double operator()(std::size_t i, std::size_t j) const { return values[i * columns + j]; }
};

PlainMatrix random_matrix(std::size_t rows, std::size_t columns, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  PlainMatrix m{rows, columns, std::vector<double>(rows * columns)};
  for (auto& value : m.values) value = normal(generator);
  return m;
}

PlainMatrix operator*(const PlainMatrix& a, const PlainMatrix& b) {
  PlainMatrix c{a.rows, b.columns, std::vector<double>(a.rows * b.columns)};
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j)
      for (std::size_t k = 0; k < a.columns; ++k) c(i, j) += a(i, k) * b(k, j);
  return c;
}

PlainMatrix transposed(const PlainMatrix& a) {
  PlainMatrix t{a.columns, a.rows, std::vector<double>(a.values.size())};
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < a.columns; ++j) t(j, i) = a(i, j);
  return t;
}

template <class F>
PlainMatrix each(const PlainMatrix& a, const F& f) {
  PlainMatrix result = a;
  for (std::size_t i = 0; i < a.values.size(); ++i) result.values[i] = f(a.values[i]);
  return result;
}

PlainMatrix plus(const PlainMatrix& a, double factor, const PlainMatrix& b) {
  PlainMatrix result = a;
  for (std::size_t i = 0; i < a.values.size(); ++i) result.values[i] += factor * b.values[i];
  return result;
}

double total(const PlainMatrix& a) {
  double sum = 0;
  for (const double value : a.values) sum += value;
  return sum;
}

/// Runs a graph whose inputs, in order, are these matrices, backwards from `objective`.
struct Backpropagation {
  Backpropagation(Graph& graph, const MatrixExpression& objective,
                  const std::vector<PlainMatrix>& inputs) {
    std::vector<TensorSpec> specs;
    specs.reserve(inputs.size());
    for (const auto& m : inputs) {
      specs.push_back({{static_cast<std::int64_t>(m.rows), static_cast<std::int64_t>(m.columns)},
                       Precision::f64});
    }
    execution = &graph.plan(specs, Mode::training);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      from_host(execution->input(i).as<double>(), inputs[i].values);
    execution->forward({});
    execution->backward({{objective.value(), tensor_of<double>({1}, {1})}});
    value = to_host(execution->value(objective.value()).as<double>())[0];
  }
  void expect_gradient(const MatrixExpression& of, const PlainMatrix& expected) const {
    const auto gradient = to_host(execution->adjoint(of.value()).as<double>());
    ASSERT_EQ(gradient.size(), expected.values.size());
    for (std::size_t i = 0; i < gradient.size(); ++i)
      EXPECT_NEAR(gradient[i], expected.values[i], 1e-12 * (1 + std::abs(expected.values[i])));
  }

  Execution* execution;
  double value = 0;
};

// Example 1: ‖As - x‖² + γ‖A‖². It announces the gradient in A and derives the one in s.
TEST(MatrixExpressions, SparseCodingHasTheClosedFormGradients) {
  const auto a = random_matrix(6, 4, 1), codes = random_matrix(4, 3, 2),
             data = random_matrix(6, 3, 3);
  const double gamma = 0.3;
  Graph graph;
  const auto A = matrix_input(graph, "A", true);
  const auto s = matrix_input(graph, "s", true);
  const auto x = matrix_input(graph, "x");
  const auto objective = sum(square(A * s - x)) + gamma * sum(square(A));
  const Backpropagation run(graph, objective, {a, codes, data});
  const auto residual = plus(a * codes, -1, data);
  const auto squared = [](double v) { return v * v; };
  EXPECT_NEAR(run.value, total(each(residual, squared)) + gamma * total(each(a, squared)), 1e-12);
  const auto twice = each(residual, [](double v) { return 2 * v; });
  run.expect_gradient(s, transposed(a) * twice);
  run.expect_gradient(A, plus(twice * transposed(codes), 2 * gamma, a));
}

// Example 2: Σ sqrt(V s sᵀ + ε), where s sᵀ means s ∘ s, the layer table's f(z) = z²: V s sᵀ itself
// has other extents than V. Its gradient Vᵀ (V (s ∘ s) + ε)^(-1/2) ∘ s then holds.
TEST(MatrixExpressions, TopographicSparsityHasTheClosedFormGradient) {
  const auto grouping = each(random_matrix(5, 4, 4), [](double v) { return v > 0 ? 1.0 : 0.0; });
  const auto codes = random_matrix(4, 3, 5);
  const double epsilon = 0.01;
  Graph graph;
  const auto V = matrix_input(graph, "V");
  const auto s = matrix_input(graph, "s", true);
  const auto objective = sum(square_root(V * square(s), epsilon));
  const Backpropagation run(graph, objective, {grouping, codes});
  const auto groups = grouping * each(codes, [](double v) { return v * v; });
  EXPECT_NEAR(run.value, total(each(groups, [&](double v) { return std::sqrt(v + epsilon); })),
              1e-12);
  auto gradient =
      transposed(grouping) * each(groups, [&](double v) { return 1 / std::sqrt(v + epsilon); });
  for (std::size_t i = 0; i < gradient.values.size(); ++i) gradient.values[i] *= codes.values[i];
  run.expect_gradient(s, gradient);
}

// Example 3: ‖WᵀWx - x‖². The document's last lines print Wᵀ where W must stand:
// W 2 (WᵀWx - x) xᵀ + 2 (Wx) (WᵀWx - x)ᵀ.
TEST(MatrixExpressions, IcaReconstructionAddsUpTheGradientsOfBothPlaces) {
  const auto weights = random_matrix(3, 5, 6), data = random_matrix(5, 4, 7);
  Graph graph;
  const auto W = matrix_input(graph, "W", true);
  const auto x = matrix_input(graph, "x");
  const auto objective = sum(square(W.transposed() * (W * x) - x));
  const Backpropagation run(graph, objective, {weights, data});
  const auto residual = plus(transposed(weights) * (weights * data), -1, data);
  EXPECT_NEAR(run.value, total(each(residual, [](double v) { return v * v; })), 1e-10);
  const auto inner = weights * residual * transposed(data);
  const auto outer = weights * data * transposed(residual);
  run.expect_gradient(W, each(plus(inner, 1, outer), [](double v) { return 2 * v; }));
}

// Exercise 6: ‖x - σ(W₂ σ(W₁ x))‖², with the chain rule (25), (26) written out.
TEST(MatrixExpressions, AutoencoderHasTheChainRulesGradients) {
  const auto first = random_matrix(3, 5, 8), second = random_matrix(5, 3, 9),
             data = random_matrix(5, 4, 10);
  Graph graph;
  const auto W1 = matrix_input(graph, "W1", true);
  const auto W2 = matrix_input(graph, "W2", true);
  const auto x = matrix_input(graph, "x");
  const auto objective = sum(square(sigmoid(W2 * sigmoid(W1 * x)) - x));
  const Backpropagation run(graph, objective, {first, second, data});
  const auto logistic = [](double v) { return 1 / (1 + std::exp(-v)); };
  const auto hidden = each(first * data, logistic);
  const auto output = each(second * hidden, logistic);
  auto delta = plus(output, -1, data);
  for (std::size_t i = 0; i < delta.values.size(); ++i)
    delta.values[i] *= 2 * output.values[i] * (1 - output.values[i]);
  run.expect_gradient(W2, delta * transposed(hidden));
  auto back = transposed(second) * delta;
  for (std::size_t i = 0; i < back.values.size(); ++i)
    back.values[i] *= hidden.values[i] * (1 - hidden.values[i]);
  run.expect_gradient(W1, back * transposed(data));
}

// The README's tour, line by line; the gradient in A against the formula of example 1.
TEST(MatrixExpressions, ReadAsInTheReadme) {
  const std::int64_t n = 5, groups = 32;
  const double gamma = 0.1, lambda = 0.2, epsilon = 1e-2;
  const auto one = tensor_of<double>({1}, {1});
  const auto patches = random_matrix(64, 5, 11), codes = random_matrix(128, 5, 12);
  const auto grouping = each(random_matrix(32, 128, 13), [](double v) { return v * v; });

  Graph graph;
  const auto x = matrix_input(graph, "x");
  const auto V = matrix_input(graph, "V");
  const auto s = matrix_input(graph, "s", true);
  const auto A = matrix_parameter(graph, "A", {64, 128}, 0.1);
  const auto objective = sum(square(A * s - x)) + gamma * sum(square(A)) +
                         lambda * sum(square_root(V * square(s), epsilon));
  auto& execution = graph.plan(
      {{{64, n}, Precision::f64}, {{groups, 128}, Precision::f64}, {{128, n}, Precision::f64}},
      Mode::training);
  from_host(execution.input(0).as<double>(), patches.values);
  from_host(execution.input(1).as<double>(), grouping.values);
  from_host(execution.input(2).as<double>(), codes.values);
  execution.forward({});
  execution.backward({{objective.value(), one}});

  const PlainMatrix a{64, 128, to_host(execution.value(A.value()).as<double>())};
  const auto twice = each(plus(a * codes, -1, patches), [](double v) { return 2 * v; });
  const auto expected = plus(twice * transposed(codes), 2 * gamma, a);
  const auto gradient = to_host(execution.adjoint(A.value()).as<double>());
  for (std::size_t i = 0; i < gradient.size(); ++i)
    EXPECT_NEAR(gradient[i], expected.values[i], 1e-11);
}

TEST(MatrixExpressions, RejectATransposeThatIsNoFactor) {
  Graph graph;
  const auto a = matrix_input(graph, "a");
  EXPECT_THROW(square(a.transposed()), InputError);
}

// Exercise 5 (Table 1 and eq. 23): correlation without padding, and its gradient for ∂E/∂Y = 1. The
// document leaves its input out.
TEST(WorkedNumbers, OfTheConvolutionExerciseHold) {
  Convolution2dSettings settings;
  settings.output_channels = 1;
  settings.kernel_h = settings.kernel_w = 3;
  settings.padding = 0;
  const auto convolution = std::make_shared<Convolution2d<double>>(settings);
  Graph graph;
  const auto x = graph.input("x", Precision::f64, true);
  const auto kernel = graph.input("k", Precision::f64);
  const auto bias = graph.input("b", Precision::f64);
  const auto y = graph.apply("y", convolution, {x, kernel, bias});
  auto& execution = graph.plan(
      {{{1, 5, 5, 1}, Precision::f64}, {{3, 3, 1, 1}, Precision::f64}, {{1}, Precision::f64}},
      Mode::training);
  from_host(execution.input(0).as<double>(),
            {4, 5, 2, 2, 1, 3, 3, 2, 2, 4, 4, 3, 4, 1, 1, 5, 1, 4, 1, 2, 5, 1, 3, 1, 4});
  from_host(execution.input(1).as<double>(), {4, 3, 3, 5, 5, 5, 2, 4, 3});
  from_host(execution.input(2).as<double>(), {0});
  execution.forward({});
  EXPECT_EQ(to_host(execution.value(y).as<double>()),
            (std::vector<double>{109, 92, 72, 108, 85, 74, 110, 74, 79}));
  execution.backward({{y, tensor_of<double>({1, 3, 3, 1}, std::vector<double>(9, 1.0))}});
  EXPECT_EQ(to_host(execution.adjoint(x).as<double>()),
            (std::vector<double>{4,  7,  10, 6,  3,  9,  17, 25, 16, 8, 11, 23, 34,
                                 23, 11, 7,  16, 24, 17, 8,  2,  6,  9, 7,  3}));
}

// Exercise 3: f = (x² + σ(y)) / (3x + y - σ(x)) at (1, 0). The gradients (11), with f as (10) has
// it.
TEST(WorkedNumbers, OfTheChainRuleExerciseHold) {
  Graph graph;
  const auto x = matrix_input(graph, "x", true);
  const auto y = matrix_input(graph, "y", true);
  const auto m = square(x) + sigmoid(y);
  const auto n = 3.0 * x + y - sigmoid(x);
  // m / n = exp(log m - log n)
  const auto f = elementwise(
      elementwise(m, ElementFunction::logarithm) - elementwise(n, ElementFunction::logarithm),
      ElementFunction::exponential);
  const PlainMatrix one{1, 1, {1}}, zero{1, 1, {0}};
  const Backpropagation run(graph, sum(f), {one, zero});
  const double e = std::exp(1.0);
  EXPECT_NEAR(run.value, 1.5 / (3 - 1 / (1 + std::exp(-1))), 1e-14);
  run.expect_gradient(x, {1, 1, {(3 + 5 * e - e * e) / (2 * (3 + 2 * e) * (3 + 2 * e))}});
  run.expect_gradient(y, {1, 1, {-(1 + e) * (3 + 4 * e) / (4 * (3 + 2 * e) * (3 + 2 * e))}});
}

}  // namespace
}  // namespace eigenprop
