#include <gtest/gtest.h>

#include <cmath>

#include "node_run.hpp"
#include "spectral/projector.hpp"
#include "spectral/singular_value_decomposition.hpp"
#include "spectral/structured_function.hpp"
#include "spectral/symmetric_eigendecomposition.hpp"

namespace eigenprop {
namespace {

template <class Expected, class Run>
std::string message_of(Run&& run) {
  try {
    run();
  } catch (const Expected& error) {
    return error.what();
  }
  return "no error of this type";
}

std::vector<std::shared_ptr<Operation>> decompositions() {
  return {std::make_shared<SingularValueDecomposition<double>>(),
          std::make_shared<SymmetricEigendecomposition<double>>(),
          std::make_shared<RangeProjector<double>>()};
}

// Three samples of which the last is bad.
std::vector<double> samples(double bad) {
  std::vector<double> values;
  for (int sample = 0; sample < 3; ++sample) {
    for (const double value : {3.0, 0.5, 0.5, 1.0}) values.push_back(value);
  }
  values[9] = bad;
  return values;
}

TEST(NonFiniteValues, OfTheInputNameLayerAndSample) {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    for (const auto& operation : decompositions()) {
      NodeRun run(operation, {{{3, 2, 2}, samples(bad)}});
      const auto text = message_of<NonFiniteError>([&] { run.forward(); });
      EXPECT_EQ(text.rfind("layer 'layer': sample 2: non-finite element ", 0), 0u) << text;
    }
  }
}

TEST(NonFiniteValues, OfTheGradientNameLayerAndSample) {
  for (const auto& operation : decompositions()) {
    NodeRun run(operation, {{{3, 2, 2}, samples(0.5)}});
    run.forward();
    const auto text = message_of<NonFiniteError>([&] {
      run.gradient({{0, samples(std::nan(""))}});
    });
    EXPECT_EQ(text.rfind("layer 'layer': sample 2: the gradient ", 0), 0u) << text;
    EXPECT_NE(text.find("is not finite"), std::string::npos) << text;
  }
}

TEST(NonFiniteValues, OfTheDerivativeNameTheValuesThatMeet) {
  for (const std::size_t which : {0u, 1u}) {
    NodeRun run(decompositions()[which], {{{2, 2, 2}, {3, 0, 0, 1, 2, 0, 0, 2}}});
    run.forward();
    const auto text = message_of<NonFiniteError>([&] {
      run.gradient({{0, normal_numbers(8, 1)}});
    });
    EXPECT_EQ(text.rfind("layer 'layer': sample 1: the derivative of the ", 0), 0u) << text;
    EXPECT_NE(text.find("0 and 1 counted from 0, are 2 and differ by 0"), std::string::npos)
        << text;
  }
}

TEST(NonFiniteValues, OfAComposedFunctionNameItsLayer) {
  Graph graph;
  const Value input = graph.input("features", Precision::f64, true);
  const Value output =
      pool_by_singular_values<double>(graph, "pool", input, ScalarFunction::log(), 1e-3);
  auto& execution = graph.plan({{{1, 2, 2}, Precision::f64}}, Mode::training);
  from_host(execution.input(0).as<double>(), {1, 0, 0, 1});
  execution.forward(RandomKey{});
  Tensor<double> seed({1, 2, 2});
  from_host(seed, {1, 2, 3, 4});
  const auto text = message_of<NonFiniteError>([&] { execution.backward({{output, seed}}); });
  EXPECT_EQ(text.rfind("layer 'pool/svd': sample 0: the derivative", 0), 0u) << text;
  from_host(seed, {1, std::nan(""), 3, 4});
  const auto other = message_of<NonFiniteError>([&] { execution.backward({{output, seed}}); });
  EXPECT_EQ(other.rfind("layer 'pool': sample 0: the gradient", 0), 0u) << other;
}

TEST(Shapes, ThatDoNotFitAreRefused) {
  const auto f64 = Precision::f64;
  EXPECT_THROW(SymmetricEigendecomposition<double>().plan({{{2, 3, 4}, f64}}), InputError);
  EXPECT_THROW(RangeProjector<double>().plan({{{2, 3, 4}, f64}}), InputError);
  EXPECT_THROW(SingularValueDecomposition<double>().plan({{{3, 4}, f64}}), InputError);
  EXPECT_THROW(SingularValueDecomposition<double>().plan({{{2, 3, 4}, Precision::f32}}),
               InputError);
}

}  // namespace
}  // namespace eigenprop
