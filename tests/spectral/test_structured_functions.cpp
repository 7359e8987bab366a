#include <gtest/gtest.h>

#include <cmath>

#include "gradient_comparison/extended_pooling.hpp"
#include "gradient_comparison/gradient_comparison.hpp"
#include "node_run.hpp"
#include "reference/dense_cuts.hpp"
#include "spectral/newton_schulz.hpp"
#include "spectral/projector.hpp"
#include "spectral/second_order_pooling.hpp"
#include "spectral/structured_function.hpp"
#include "spectral/symmetric_function.hpp"

namespace eigenprop {
namespace {

// Value and gradient of a graph from features to C.
struct Pooled {
  std::vector<double> value, gradient;
};

template <class Build>
Pooled pooled(const Shape& shape, const std::vector<double>& f, const std::vector<double>& adjoint,
              Build&& build) {
  Graph graph;
  const Value input = graph.input("features", Precision::f64, true);
  const Value output = build(graph, input);
  auto& execution = graph.plan({{shape, Precision::f64}}, Mode::training);
  from_host(execution.input(0).as<double>(), f);
  execution.forward(RandomKey{});
  Tensor<double> seed(execution.value(output).shape());
  from_host(seed, adjoint);
  execution.backward({{output, seed}});
  return {to_host(execution.value(output).as<double>()),
          to_host(execution.adjoint(input).as<double>())};
}

class Composed : public testing::TestWithParam<const char*> {};

// Corollary 1 both ways against the exact operation, where the values are apart.
TEST_P(Composed, EqualSecondOrderPooling) {
  const auto function = scalar_function(GetParam());
  const double epsilon = 0.3;
  for (const Shape& shape : {Shape{2, 3, 2, 4}, Shape{2, 3, 7}}) {
    const auto d = static_cast<std::size_t>(shape.columns());
    const bool tall = shape.rank() == 4;
    const auto f = normal_numbers(static_cast<std::size_t>(shape.size()), 3);
    const auto adjoint = normal_numbers(2 * d * d, 4);
    SecondOrderPoolingSettings settings;
    settings.function = function;
    settings.epsilon = epsilon;
    const auto exact = pooled(shape, f, adjoint, [&](Graph& graph, Value input) {
      return graph.apply("exact", std::make_shared<SecondOrderPooling<double>>(settings), {input});
    });
    for (const bool full : {false, true}) {
      const auto svd = pooled(shape, f, adjoint, [&](Graph& graph, Value input) {
        SingularValueSettings decomposition;
        decomposition.full = full;
        return pool_by_singular_values<double>(graph, "svd", input, function, epsilon,
                                               decomposition);
      });
      EXPECT_LE(relative_distance(svd.value, exact.value), 1e-13);
      EXPECT_LE(relative_distance(svd.gradient, exact.gradient), 1e-12);
    }
    // FᵀF of fewer rows than columns has ε as a multiple eigenvalue: not the plain formula's case.
    if (!tall) continue;
    const auto eig = pooled(shape, f, adjoint, [&](Graph& graph, Value input) {
      return pool_by_eigenvalues<double>(graph, "eig", input, function, epsilon);
    });
    EXPECT_LE(relative_distance(eig.value, exact.value), 1e-13);
    EXPECT_LE(relative_distance(eig.gradient, exact.gradient), 1e-12);
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, Composed,
                         testing::Values("log", "sqrt", "inverse_sqrt", "power:0.3", "exp",
                                         "identity"));

TEST(ComposedOfAUsersFunction, EqualsTheCubeByBothWays) {
  const auto cube = ScalarFunction::user(
      "cube", [](double x) { return x * x * x; }, [](double x) { return 3 * x * x; }, 0, false);
  const Shape shape = {1, 6, 3};
  const auto f = normal_numbers(18, 3);
  const auto adjoint = normal_numbers(9, 4);
  const Dense features(6, 3, f);
  const Dense gram = features.transposed() * features;
  // d(Z³) = dZ Z² + Z dZ Z + Z² dZ.
  const Dense s = Dense(3, 3, adjoint).symmetric_part();
  const Dense gz = s * gram * gram + gram * s * gram + gram * gram * s;
  const Dense expected = 2.0 * (features * gz);
  for (const bool by_svd : {true, false}) {
    const auto found = pooled(shape, f, adjoint, [&](Graph& graph, Value input) {
      return by_svd ? pool_by_singular_values<double>(graph, "svd", input, cube, 1e-12)
                    : pool_by_eigenvalues<double>(graph, "eig", input, cube, 1e-12);
    });
    EXPECT_LE(relative_distance(found.value, (gram * gram * gram).data()), 1e-11);
    EXPECT_LE(relative_distance(found.gradient, expected.data()), 1e-11);
  }
}

// Eq. 40, 41, 44 and 45 as printed.
TEST(MatrixFunctionLayers, EqualThePapersFormulas) {
  const int n = 4;
  const std::vector<double> s = {1.5, 1.2, 0.7, 0.1};
  const Dense v(n, n, normal_numbers(n * n, 5));
  const Dense c(n, n, normal_numbers(n * n, 6));
  const Dense symmetric = c.symmetric_part();
  const double epsilon = 0.01;
  std::vector<double> g, slope;
  for (const double value : s) {
    g.push_back(std::log(value * value + epsilon));
    slope.push_back(2 * value / (value * value + epsilon));
  }
  NodeRun svd(std::make_shared<SingularValueFunction<double>>(ScalarFunction::log(), epsilon),
              {{{1, n}, s}, {{1, n, n}, v.data()}});
  svd.forward();
  EXPECT_LE(relative_distance(svd.output(0), (v * Dense::diagonal(g) * v.transposed()).data()),
            1e-14);
  EXPECT_LE(relative_distance(svd.gradient({{0, c.data()}}, 1),
                              (2.0 * (symmetric * v * Dense::diagonal(g))).data()),
            1e-14);
  const Dense of_values = Dense::diagonal(slope) * v.transposed() * symmetric * v;
  const auto found = svd.gradient({{0, c.data()}}, 0);
  for (int i = 0; i < n; ++i)
    EXPECT_NEAR(found[static_cast<std::size_t>(i)], of_values(i, i), 1e-12);

  NodeRun eig(std::make_shared<EigenvalueFunction<double>>(ScalarFunction::log()),
              {{{1, n}, s}, {{1, n, n}, v.data()}});
  eig.forward();
  std::vector<double> logs, inverses;
  for (const double value : s) {
    logs.push_back(std::log(value));
    inverses.push_back(1 / value);
  }
  EXPECT_LE(relative_distance(eig.gradient({{0, c.data()}}, 1),
                              (2.0 * (symmetric * v * Dense::diagonal(logs))).data()),
            1e-14);
  const Dense of_q = Dense::diagonal(inverses) * v.transposed() * c * v;
  const auto found_q = eig.gradient({{0, c.data()}}, 0);
  for (int i = 0; i < n; ++i) EXPECT_NEAR(found_q[static_cast<std::size_t>(i)], of_q(i, i), 1e-12);
}

TEST(MatrixFunctionLayers, RefuseWhatTheyCannotDo) {
  EXPECT_THROW(SingularValueFunction<double>(ScalarFunction::log(), 0), InputError);
  EXPECT_THROW(SingularValueFunction<double>(ScalarFunction::log(), NAN), InputError);
  const EigenvalueFunction<double> log(ScalarFunction::log());
  const auto f64 = Precision::f64;
  EXPECT_THROW(log.plan({{{1, 3}, f64}, {{1, 4, 3}, f64}}), InputError);
  EXPECT_THROW(log.plan({{{1, 5}, f64}, {{1, 4, 4}, f64}}), InputError);
  NodeRun run(std::make_shared<EigenvalueFunction<double>>(ScalarFunction::log()),
              {{{2, 1}, {1, -1}}, {{2, 1, 1}, {1, 1}}});
  try {
    run.forward();
    FAIL() << "the logarithm of a negative eigenvalue";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()),
              "layer 'layer': sample 1: eigenvalue -1 lies outside the domain x > 0 of log");
  }
}

// Symmetric positive definite with a double eigenvalue.
std::vector<double> definite() {
  const Dense b(4, 4, normal_numbers(16, 8));
  const Dense q = spectrum(b * b.transposed()).projector;  // the identity, to rounding
  return (q + 0.5 * Dense::identity(4) + 0.1 * (b * b.transposed())).data();
}

TEST(NewtonSchulz, ConvergesToTheSquareRootAndItsDerivative) {
  const auto adjoint = normal_numbers(16, 2);
  NodeRun exact(std::make_shared<SymmetricFunction<double>>(ScalarFunction::square_root()),
                {{{1, 4, 4}, definite()}});
  exact.forward();
  const auto reference = exact.gradient({{0, adjoint}});
  for (const auto normalization : {NewtonSchulzSettings::Normalization::trace,
                                   NewtonSchulzSettings::Normalization::frobenius}) {
    NodeRun run(std::make_shared<NewtonSchulzRoot<double>>(NewtonSchulzSettings{normalization, 14}),
                {{{1, 4, 4}, definite()}});
    run.forward();
    EXPECT_LE(relative_distance(run.output(0), exact.output(0)), 1e-13);
    EXPECT_LE(relative_distance(run.gradient({{0, adjoint}}), reference), 1e-12);
  }
}

TEST(NewtonSchulz, OneIterationByHand) {
  const Dense a(4, 4, definite());
  double trace = 0;
  for (int i = 0; i < 4; ++i) trace += a(i, i);
  const Dense y = (1 / trace) * a;
  const Dense expected = std::sqrt(trace) * (0.5 * (y * (3.0 * Dense::identity(4) - y)));
  NewtonSchulzSettings settings;
  settings.iterations = 1;
  NodeRun run(std::make_shared<NewtonSchulzRoot<double>>(settings), {{{1, 4, 4}, definite()}});
  run.forward();
  EXPECT_LE(relative_distance(run.output(0), expected.data()), 1e-14);
}

TEST(NewtonSchulz, RefusesWhatHasNoRoot) {
  NodeRun negative(std::make_shared<NewtonSchulzRoot<double>>(), {{{2, 1, 1}, {1, -1}}});
  EXPECT_THROW(negative.forward(), InputError);
  NewtonSchulzSettings none;
  none.iterations = 0;
  EXPECT_THROW(NewtonSchulzRoot<double>{none}, InputError);
}

TEST(Projector, EqualsLemma1) {
  const int n = 6;
  const Dense b(n, 3, normal_numbers(n * 3, 4));
  const Dense a = b * Dense::diagonal({3, -2, 1}) * b.transposed();
  const Dense c(n, n, normal_numbers(n * n, 5));
  const auto known = spectrum(a);
  NodeRun run(std::make_shared<RangeProjector<double>>(), {{{1, n, n}, a.data()}});
  run.forward();
  EXPECT_EQ(run.integers(1), std::vector<std::int32_t>{3});
  EXPECT_LE(relative_distance(run.output(0), known.projector.data()), 1e-13);
  const Dense expected =
      2.0 * ((Dense::identity(n) - known.projector) * c.symmetric_part() * known.inverse)
                .symmetric_part();
  EXPECT_LE(relative_distance(run.gradient({{0, c.data()}}), expected.data()), 1e-12);
}

TEST(Projector, CountsTheRankByItsTolerance) {
  ProjectorSettings coarse;
  coarse.tolerance = 0.5;
  NodeRun run(std::make_shared<RangeProjector<double>>(coarse),
              {{{3, 2, 2}, {1, 0, 0, 0.6, 1, 0, 0, 0.4, 0, 0, 0, 0}}});
  run.forward();
  EXPECT_EQ(run.integers(1), (std::vector<std::int32_t>{2, 1, 0}));
  const auto gradient = run.gradient({{0, {0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0}}});
  // Of a range of all or nothing: zero. Of the range of e₁ beside an eigenvalue 0.4: 1/(1 - 0.4).
  const std::vector<double> expected = {0, 0, 0, 0, 0, 1 / 0.6, 1 / 0.6, 0, 0, 0, 0, 0};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(gradient[i], expected[i], 1e-14);
  coarse.tolerance = 1;
  EXPECT_THROW(RangeProjector<double>{coarse}, InputError);
}

// The problems of the experiment have the singular values that they claim, and its reference
// agrees with the exact operation where values meet; the plain way does not.
TEST(GradientComparison, KnowsItsSpectrumAndItsWays) {
  const auto values = paired_values(8, 0x1p-40);
  for (const auto& [m, d] : {std::make_pair(32, 8), std::make_pair(8, 32)}) {
    const auto problem = hadamard_problem(m, d, values, 1, 2);
    std::vector<long double> tall(problem.features.begin(), problem.features.end());
    if (m < d) {
      for (std::size_t i = 0; i < 8; ++i) {
        for (std::size_t j = 0; j < 32; ++j) tall[j * 8 + i] = problem.features[i * 32 + j];
      }
    }
    const auto svd = extended_svd(32, 8, tall);
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end(), std::greater<double>());
    for (std::size_t i = 0; i < 8; ++i)
      EXPECT_NEAR(static_cast<double>(svd.values[i] - sorted[i]), 0, 1e-15);
    const auto reference = extended_pooling_gradient(m, d, problem.features, problem.adjoint,
                                                     problem.function, problem.epsilon);
    EXPECT_LE(gradient_error(problem, "exact", Precision::f64, reference), 1e-12);
    const double plain = gradient_error(problem, "svd", Precision::f64, reference);
    EXPECT_GT(plain, 1e-8);
    EXPECT_LT(plain, 1e-1);
  }
  EXPECT_THROW(hadamard_problem(12, 4, paired_values(4, 0), 1, 1), InputError);
  EXPECT_THROW(hadamard_problem(8, 4, paired_values(4, 0), 1, 1), InputError);
}

TEST(GradientComparison, EveryWayRunsInBothPrecisions) {
  for (const std::string function : {"log", "sqrt"}) {
    auto problem = hadamard_problem(16, 4, {4, 3, 2, 1}, 1, 2);
    problem.function = function;
    const auto reference = extended_pooling_gradient(16, 4, problem.features, problem.adjoint,
                                                     function, problem.epsilon);
    for (const auto& way : pooling_ways(function)) {
      SCOPED_TRACE(function + ", " + way);
      const bool few = way == "newton_schulz_5";
      EXPECT_LE(gradient_error(problem, way, Precision::f64, reference), few ? 0.1 : 1e-11);
      EXPECT_LE(gradient_error(problem, way, Precision::f32, reference), few ? 0.1 : 1e-4);
    }
  }
}

}  // namespace
}  // namespace eigenprop
