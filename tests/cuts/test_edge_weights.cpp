#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "cuts/feature_affinity.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "cuts/intervening_contour.hpp"
#include "cuts/shared_map.hpp"
#include "graph/execution.hpp"
#include "graph/graph.hpp"
#include "operations/add.hpp"
#include "operations/broadcast_product.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

constexpr std::int64_t height = 9, width = 8, channels = 2;
constexpr int radius = 3;

std::vector<double> uniform(std::int64_t n, std::uint32_t seed, double low, double high) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  std::vector<double> values;
  for (std::int64_t i = 0; i < n; ++i)
    values.push_back(low + (high - low) * stream.uniform(static_cast<std::uint64_t>(i)));
  return values;
}

// From boundary map, features and the three widths to the truncated J₁, edges being the product or
// the sum of contour and features.
struct Weights {
  Graph graph{0};
  std::vector<Value> inputs;
  std::vector<Shape> shapes = {{height, width}, {height, width, channels}, {1}, {1}, {1}};
  std::vector<std::vector<double>> point;
  Value objective;

  explicit Weights(bool sum) {
    const char* names[] = {"boundary", "features", "contour_width", "feature_width", "distance"};
    for (const auto* name : names) inputs.push_back(graph.input(name, Precision::f64, true));
    const auto labels = graph.input("labels", Precision::i32);
    const EdgeGraphSettings edges{radius, 0, 1};
    const auto contour = graph.apply(
        "contour", std::make_shared<InterveningContour>(InterveningContourSettings{edges, 4}),
        {inputs[0], inputs[2]});
    const auto features = graph.apply("feature_affinity", std::make_shared<FeatureAffinity>(edges),
                                      {inputs[1], inputs[3], inputs[4]});
    const auto weights =
        sum ? graph.apply("edges", std::make_shared<Add<double>>(), {contour, features})
            : graph.apply("edges", std::make_shared<BroadcastProduct<double>>(),
                          {contour, features});
    GraphCutsSettings cuts;
    cuts.radius = radius;
    cuts.spectrum.vectors = 3;
    cuts.spectrum.tolerance = cuts.spectrum.adjoint_tolerance = 1e-13;
    objective =
        graph.apply("ncuts", std::make_shared<GraphCutsAlignment>(cuts), {weights, labels}, 2)[0];
    graph.name_output("objective", objective);
    point = {uniform(height * width, 1, 0.1, 0.9),
             uniform(height * width * channels, 2, -1, 1),
             {0.7},
             {1.1},
             {2.5}};
  }

  Execution& run(const std::vector<std::vector<double>>& at) {
    std::vector<TensorSpec> specs;
    for (const auto& shape : shapes) specs.push_back({shape, Precision::f64});
    specs.push_back({{1, height * width}, Precision::i32});
    auto& execution = graph.plan(specs, Mode::training);
    for (std::size_t i = 0; i < at.size(); ++i) from_host(execution.input(i).as<double>(), at[i]);
    std::vector<std::int32_t> labels;
    for (std::int64_t i = 0; i < height * width; ++i)
      labels.push_back(i % width < 3 ? 0 : i / width < 5 ? 1 : 2);
    from_host(execution.input(at.size()).as<std::int32_t>(), labels);
    execution.forward(RandomKey{});
    return execution;
  }

  double value(const std::vector<std::vector<double>>& at) {
    return to_host(run(at).value(objective).as<double>())[0];
  }
};

void expect_exact_derivatives(bool sum) {
  Weights w(sum);
  std::vector<std::vector<double>> direction;
  for (std::size_t i = 0; i < w.point.size(); ++i)
    direction.push_back(uniform(static_cast<std::int64_t>(w.point[i].size()),
                                static_cast<std::uint32_t>(10 + i), -0.1, 0.1));
  auto& execution = w.run(w.point);
  Execution::Seeds directions;
  for (std::size_t i = 0; i < w.inputs.size(); ++i) {
    Tensor<double> tensor(w.shapes[i]);
    from_host(tensor, direction[i]);
    directions.push_back({w.inputs[i], tensor});
  }
  const double slope = to_host(execution.variation(directions, w.objective).as<double>())[0];
  Tensor<double> seed({1});
  from_host(seed, {1.0});
  execution.backward({{w.objective, seed}});
  double product = 0;
  for (std::size_t i = 0; i < w.inputs.size(); ++i) {
    const auto adjoint = to_host(execution.adjoint(w.inputs[i]).as<double>());
    double part = 0;
    for (std::size_t j = 0; j < adjoint.size(); ++j) part += adjoint[j] * direction[i][j];
    EXPECT_NE(part, 0) << "input " << i;
    product += part;
  }
  EXPECT_NEAR(product, slope, 1e-10 * std::abs(slope));

  // The remainder falls as h².
  const double start = w.value(w.point);
  double before = 0;
  for (double h = 0.2; h > 0.02; h /= 2) {
    auto moved = w.point;
    for (std::size_t i = 0; i < moved.size(); ++i) {
      for (std::size_t j = 0; j < moved[i].size(); ++j) moved[i][j] += h * direction[i][j];
    }
    const double rest = std::abs(w.value(moved) - start - h * slope);
    if (before > 0) {
      EXPECT_NEAR(before / rest, 4, 1) << h;
    }
    before = rest;
  }
}

TEST(EdgeWeights, ProductsHaveExactDerivatives) { expect_exact_derivatives(false); }

TEST(EdgeWeights, SumsHaveExactDerivatives) { expect_exact_derivatives(true); }

// What is not finite is named: which map, which pixel.
TEST(EdgeWeights, NamesThePixelThatIsNotFinite) {
  for (const std::size_t input : {0u, 1u}) {
    Weights w(false);
    const std::size_t pixel = 3 * width + 5;
    w.point[input][input == 0 ? pixel : channels * pixel + 1] =
        std::numeric_limits<double>::quiet_NaN();
    try {
      w.value(w.point);
      FAIL();
    } catch (const NonFiniteError& error) {
      EXPECT_STREQ(
          error.what(),
          input == 0
              ? "layer 'contour': intervening_contour: the boundary map is nan at line 3, column 5"
              : "layer 'feature_affinity': feature_affinity: the feature map is nan at line 3, "
                "column 5");
    }
  }
  Weights w(false);
  w.point[2] = {0};
  EXPECT_THROW(w.value(w.point), InputError);
}

// The first rank has the sum of all ranks' adjoints, the others nothing.
TEST(SharedMap, SumsAdjoints) {
  const auto& comm = test_communicator();
  const SharedMap operation(&comm);
  Tensor<double> from({2, 3}), to({2, 3});
  from_host(from, std::vector<double>(6, comm.rank() + 1.0));
  operation.adjoint({}, {from}, {to});
  const double all = comm.size() * (comm.size() + 1) / 2;
  for (const double value : to_host(to)) EXPECT_EQ(value, comm.is_root() ? all : 0);
}

}  // namespace
}  // namespace eigenprop
