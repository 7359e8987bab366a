#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "graph/execution.hpp"
#include "objectives/dense_neighbours.hpp"
#include "objectives/fast_exponential.hpp"
#include "objectives/neighbourhood_components.hpp"
#include "objectives/spread_rows.hpp"
#include "operations/matrix_product.hpp"
#include "runtime/error.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

using Labels = std::vector<std::int32_t>;

struct Result {
  double objective = 0;
  Values points_gradient, sides_gradient;  ///< of own rows
};

template <class T>
AnyTensor tensor_of(const Shape& shape, const std::vector<T>& values) {
  Tensor<T> tensor(shape);
  from_host(tensor, values);
  return tensor;
}

/// Runs the operation on own rows of all n; the seed is 1 on the last rank alone.
template <class T>
Result run(const Operation& operation, const Values& points, const std::vector<T>& sides,
           std::int64_t n) {
  const auto& comm = test_communicator();
  const auto own = share(n);
  const std::int64_t rows = own.second - own.first;
  const auto d = static_cast<std::int64_t>(points.size()) / n;
  const auto t = static_cast<std::int64_t>(sides.size()) / n;
  const Shape side_shape = std::is_same<T, double>::value ? Shape{rows, t} : Shape{rows};
  Arguments arguments;
  arguments.inputs = {tensor_of({rows, d}, part(points, n, own)),
                      tensor_of(side_shape, part(sides, n, own))};
  const auto plan = operation.plan({{{rows, d}, Precision::f64}, {side_shape, precision_of<T>()}});
  arguments.outputs = {AnyTensor::zeros(plan.outputs[0].shape, Precision::f64)};
  arguments.saved = {AnyTensor::zeros(plan.saved[0].shape, Precision::f64)};
  operation.forward(arguments);
  const auto seed = tensor_of<double>({1}, {comm.rank() + 1 == comm.size() ? 1.0 : 0.0});
  std::vector<AnyTensor> adjoints = {AnyTensor::zeros({rows, d}, Precision::f64), {}};
  if (std::is_same<T, double>::value) adjoints[1] = AnyTensor::zeros({rows, t}, Precision::f64);
  operation.adjoint(arguments, {seed}, adjoints);
  Result result;
  result.objective = to_host(arguments.outputs[0].as<double>())[0];
  result.points_gradient = to_host(adjoints[0].as<double>());
  if (!adjoints[1].empty()) result.sides_gradient = to_host(adjoints[1].as<double>());
  return result;
}

void expect_near(const Values& own, const Values& expected, double bound) {
  ASSERT_EQ(own.size(), expected.size());
  for (std::size_t i = 0; i < own.size(); ++i)
    EXPECT_NEAR(own[i], expected[i], bound) << "element " << i;
}

double largest(const Values& values) {
  double result = 0;
  for (const double value : values) result = std::max(result, std::abs(value));
  return result;
}

/// Gradients in own rows, to 1e-13 of the terms that are summed.
void expect_gradient(const Result& result, const DenseNeighbours& dense, const Values& points,
                     std::int64_t n) {
  double scale = 0;
  const auto expected = dense.gradient(points, scale);
  expect_near(result.points_gradient, part(expected, n, share(n)), 1e-13 * scale);
}

void expect_nca(const Values& points, const Labels& labels) {
  const auto n = static_cast<std::int64_t>(labels.size());
  const NeighbourhoodComponents nca(test_communicator());
  const auto result = run(nca, points, labels, n);
  const DenseNeighbours dense(points, labels.size(), label_costs(labels));
  EXPECT_NEAR(result.objective, static_cast<double>(dense.objective),
              1e-13 * static_cast<double>(n));
  expect_gradient(result, dense, points, n);
}

Labels random_labels(std::size_t n, int classes) {
  std::mt19937 generator(3);
  Labels labels(n);
  for (auto& label : labels)
    label = static_cast<std::int32_t>(generator() % static_cast<unsigned>(classes));
  return labels;
}

TEST(NeighbourhoodComponents, EqualsTheDenseFormula) {
  for (const std::size_t n : {2u, 3u, 9u, 64u, 65u, 131u}) {
    SCOPED_TRACE(n);
    expect_nca(random_values(3 * n, 0.6, 5), random_labels(n, 4));
  }
}

// Squared distances of some thousands, as those of the pixels of digits: without the row's own
// maximum every exponential would be 0.
TEST(NeighbourhoodComponents, SurvivesDistancesWhoseExponentialsVanish) {
  auto points = random_values(40 * 64, 1, 6);
  for (auto& value : points) value = std::round(8 + 6 * value);
  expect_nca(points, random_labels(40, 10));
}

// In ‖z_i‖² + ‖z_j‖² - 2 z_iᵀz_j these distances would have no correct digit.
TEST(NeighbourhoodComponents, KeepsDistancesOfPointsFarFromTheOrigin) {
  auto points = random_values(30 * 2, 0.5, 7);
  for (auto& value : points) value = std::round(value * 1024) / 1024 + 1e9;
  expect_nca(points, random_labels(30, 3));
}

TEST(NeighbourhoodComponents, DefinesDegenerateSets) {
  expect_nca(random_values(12, 1, 8), Labels(6, 2));                  // one class only
  expect_nca(random_values(12, 1, 9), Labels{1, 1, 2, 1, 1, 1});      // a class with one member
  expect_nca({0, 1, 0, 1, 0, 1, 2, 2, 2, 2}, Labels{1, 1, 2, 2, 1});  // points that coincide
  expect_nca(Values(10, 3.0), Labels{1, 1, 2, 2, 1});                 // all of them
  const NeighbourhoodComponents nca(test_communicator());
  const auto alone = run(nca, {1.0, 2.0}, Labels{3}, 1);  // fewer points than ranks
  EXPECT_EQ(alone.objective, 0);
  for (const double value : alone.points_gradient) EXPECT_EQ(value, 0);
}

TEST(NeighbourhoodComponents, NamesThePointThatIsWrong) {
  const NeighbourhoodComponents nca(test_communicator());
  const auto message = [&](const Values& points) {
    try {
      run(nca, points, Labels(5, 0), 5);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  auto points = random_values(10, 1, 10);
  points[7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(message(points), "the embedding of point 3 is not finite");
  points[7] = 1e160;
  EXPECT_EQ(message(points),
            "point 3 has no neighbour: all distances overflow, or all others are of its group");
}

TEST(NeighbourhoodRegression, EqualsTheDenseFormula) {
  for (const std::int64_t n : {2, 7, 66}) {
    for (const std::int64_t t : {1, 3}) {
      SCOPED_TRACE(n);
      const auto count = static_cast<std::size_t>(n);
      const auto points = random_values(count * 2, 0.8, 11);
      const auto targets = random_values(count * static_cast<std::size_t>(t), 2, 12);
      const NeighbourhoodRegression ncar(test_communicator());
      const auto result = run(ncar, points, targets, n);
      const DenseNeighbours dense(points, count, target_costs(targets, count));
      EXPECT_NEAR(result.objective / static_cast<double>(dense.objective), 1, 1e-13);
      expect_gradient(result, dense, points, n);
      Values expected(targets.size());
      for (std::size_t k = 0; k < count; ++k) {
        for (std::size_t j = 0; j < count; ++j) {
          for (std::size_t a = 0; a < static_cast<std::size_t>(t); ++a) {
            const auto width = static_cast<std::size_t>(t);
            expected[k * width + a] += static_cast<double>(dense.p[k][j] + dense.p[j][k]) * 2 *
                                       (targets[k * width + a] - targets[j * width + a]);
          }
        }
      }
      expect_near(result.sides_gradient, part(expected, n, share(n)), 1e-12 * largest(expected));
    }
  }
}

TEST(NeighbourhoodRegression, NamesTheTargetThatIsWrong) {
  const NeighbourhoodRegression ncar(test_communicator());
  auto targets = random_values(5, 1, 13);
  targets[4] = std::numeric_limits<double>::quiet_NaN();
  try {
    run(ncar, random_values(10, 1, 14), targets, 5);
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()), "the target of point 4 is not finite");
  }
  targets[4] = 1e200;
  EXPECT_THROW(run(ncar, random_values(10, 1, 14), targets, 5), NonFiniteError);
}

// Points of one group are no neighbours: the dense formula on infinite distances within groups.
TEST(NeighbourSoftmax, LeavesOutPointsOfTheSameGroup) {
  const std::size_t n = 71;
  const auto rows = static_cast<std::int64_t>(n);
  const auto points = random_values(n * 3, 0.7, 21);
  const auto targets = random_values(n * 2, 1, 22);
  const auto labels = random_labels(n, 5);
  const Values groups(labels.begin(), labels.end());
  const auto own = share(rows);
  const auto own_points = part(points, rows, own), own_targets = part(targets, rows, own),
             own_groups = part(groups, rows, own);
  const std::int64_t count = own.second - own.first;
  const NeighbourSoftmax softmax(PairCost::squared_distance, own_points.data(), own_targets.data(),
                                 count, 3, 2, test_communicator(), own_groups.data());
  Values state(static_cast<std::size_t>(3 * count)), gradient(static_cast<std::size_t>(3 * count));
  const double objective = softmax.objective(state.data());
  softmax.gradient(state.data(), 1, gradient.data(), nullptr);
  const DenseNeighbours dense(points, n, target_costs(targets, n), groups);
  EXPECT_NEAR(objective / static_cast<double>(dense.objective), 1, 1e-13);
  double scale = 0;
  const auto expected = dense.gradient(points, scale);
  expect_near(gradient, part(expected, rows, own), 1e-13 * scale);
  const Values one(own_groups.size(), 1.0);
  const NeighbourSoftmax alone(PairCost::squared_distance, own_points.data(), own_targets.data(),
                               count, 3, 2, test_communicator(), one.data());
  EXPECT_THROW(alone.objective(state.data()), InputError);
}

TEST(NeighbourhoodObjective, RejectsShapesThatDoNotFit) {
  const NeighbourhoodComponents nca(test_communicator());
  const NeighbourhoodRegression ncar(test_communicator());
  const TensorSpec points = {{4, 2}, Precision::f64};
  EXPECT_THROW(nca.plan({points, {{3}, Precision::i32}}), InputError);
  EXPECT_THROW(nca.plan({points, {{4, 1}, Precision::f64}}), InputError);
  EXPECT_THROW(nca.plan({{{4, 2}, Precision::f32}, {{4}, Precision::i32}}), InputError);
  EXPECT_THROW(ncar.plan({points, {{4}, Precision::f64}}), InputError);
  EXPECT_THROW(ncar.plan({points, {{4, 0}, Precision::f64}}), InputError);
}

// Eq. 27 through the graph, in O(dDN + dN²), against the textbook's O(D²N²).
TEST(LinearNeighbourhoodComponents, GradientEqualsTheTextbook) {
  const std::int64_t n = 23, features = 5, d = 2;
  const auto x = random_values(static_cast<std::size_t>(n * features), 1, 15);
  const auto a = random_values(static_cast<std::size_t>(d * features), 0.4, 16);
  const auto labels = random_labels(static_cast<std::size_t>(n), 3);
  const auto own = share(n);
  const std::int64_t rows = own.second - own.first;

  Graph graph;
  const auto images = graph.input("x", Precision::f64);
  const auto classes = graph.input("labels", Precision::i32);
  const auto transformation =
      graph.parameter("A", {{d, features}, Precision::f64}, {Initializer::Kind::constant, 0});
  const auto z = graph.apply(
      "z",
      std::make_shared<MatrixProduct<double>>(MatrixProductSettings{Transpose::no, Transpose::yes}),
      {images, transformation});
  const auto loss = graph.apply(
      "nca", std::make_shared<NeighbourhoodComponents>(test_communicator()), {z, classes});
  auto& execution =
      graph.plan({{{rows, features}, Precision::f64}, {{rows}, Precision::i32}}, Mode::training);
  from_host(execution.input(0).as<double>(), part(x, n, own));
  from_host(execution.input(1).as<std::int32_t>(), part(labels, n, own));
  from_host(execution.value(transformation).as<double>(), a);
  execution.forward({});
  execution.backward({{loss, tensor_of<double>({1}, {test_communicator().is_root() ? 1.0 : 0.0})}});
  auto gradient = to_host(execution.adjoint(transformation).as<double>());
  test_communicator().sum(gradient.data(), static_cast<std::int64_t>(gradient.size()));

  Values z_dense(static_cast<std::size_t>(n * d));
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    for (std::size_t r = 0; r < 2; ++r) {
      for (std::size_t k = 0; k < 5; ++k) z_dense[i * 2 + r] += a[r * 5 + k] * x[i * 5 + k];
    }
  }
  const DenseNeighbours dense(z_dense, static_cast<std::size_t>(n), label_costs(labels));
  EXPECT_NEAR(to_host(execution.value(loss).as<double>())[0], static_cast<double>(dense.objective),
              1e-12);
  const auto expected = dense.transformation_gradient(a, x);
  expect_near(gradient, expected, 1e-12 * largest(expected));
}

TEST(FastExponential, IsAccurateToTwoUnitsInTheLastPlace) {
  double worst = 0;
  for (double x = 0; x > -708; x -= 0.00737) {
    const long double exact = std::exp(static_cast<long double>(x));
    worst =
        std::max(worst, static_cast<double>(std::abs(exponential_of_nonpositive(x) / exact - 1)));
  }
  EXPECT_LT(worst, 2 * std::numeric_limits<double>::epsilon());
  EXPECT_EQ(exponential_of_nonpositive(0), 1);
  EXPECT_EQ(exponential_of_nonpositive(-709), 0);
  EXPECT_EQ(exponential_of_nonpositive(-1e300), 0);
  EXPECT_EQ(exponential_of_nonpositive(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_TRUE(std::isnan(exponential_of_nonpositive(std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
}  // namespace eigenprop
