#include <cmath>

#include "graph/derivative_checks.hpp"
#include "objectives/classification_loss.hpp"
#include "objectives/registration.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

struct Result {
  double loss;
  std::vector<std::int32_t> better;
};

Result run(ClassificationObjective objective, const Shape& shape, const std::vector<double>& z,
           const std::vector<std::int32_t>& labels) {
  Tensor<double> logits(shape);
  from_host(logits, z);
  Tensor<std::int32_t> right({static_cast<std::int64_t>(labels.size())});
  from_host(right, labels);
  const Tensor<double> loss({1});
  const Tensor<std::int32_t> better({shape.rows()});
  Arguments arguments;
  arguments.inputs = {logits, right};
  arguments.outputs = {loss, better};
  const ClassificationLoss<double> operation(objective);
  operation.plan({{shape, Precision::f64}, {right.shape(), Precision::i32}});
  operation.forward(arguments);
  return {to_host(loss)[0], to_host(better)};
}

TEST(ObjectiveOperations, DerivativesAreExact) {
  OperationRegistry registry;
  register_objective_operations(registry);
  check_all_derivatives(registry);
}

TEST(ClassificationLoss, EqualsTheFormula) {
  const std::vector<double> z = {1, 2, 0.5, -1, 0, 3};
  double softmax = 0;
  double logistic = 0;
  const std::vector<std::int32_t> labels = {2, 0};
  for (std::size_t i = 0; i < 2; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      sum += std::exp(z[3 * i + j]);
      const double sign = static_cast<int>(j) == labels[i] ? 1 : -1;
      logistic += std::log(1 + std::exp(-sign * z[3 * i + j])) / 2;
    }
    softmax -= std::log(std::exp(z[3 * i + static_cast<std::size_t>(labels[i])]) / sum) / 2;
  }
  const auto a = run(ClassificationObjective::softmax, {2, 3}, z, labels);
  const auto b = run(ClassificationObjective::logistic, {2, 3}, z, labels);
  EXPECT_NEAR(a.loss, softmax, 1e-14);
  EXPECT_NEAR(b.loss, logistic, 1e-14);
  EXPECT_EQ(a.better, (std::vector<std::int32_t>{2, 2}));
}

TEST(ClassificationLoss, SurvivesLargeLogits) {
  const std::vector<double> z = {1e4, 0, -1e4, 1e4};
  EXPECT_NEAR(run(ClassificationObjective::softmax, {2, 2}, z, {1, 1}).loss, 5e3, 1e-9);
  EXPECT_NEAR(run(ClassificationObjective::logistic, {2, 2}, z, {1, 1}).loss,
              (1e4 + std::log(2.0)) / 2, 1e-9);
}

TEST(ClassificationLoss, OrdersEqualLogitsByClass) {
  EXPECT_EQ(run(ClassificationObjective::softmax, {2, 3}, {1, 1, 1, 1, 1, 1}, {0, 2}).better,
            (std::vector<std::int32_t>{0, 2}));
}

TEST(ClassificationLoss, NamesTheSampleWithAnImpossibleLabel) {
  for (const std::int32_t label : {-1, 3}) {
    try {
      run(ClassificationObjective::softmax, {2, 3}, {1, 2, 3, 4, 5, 6}, {0, label});
      FAIL() << "no error";
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()),
                "sample 1: label " + std::to_string(label) + " is none of the classes 0 to 2");
    }
  }
  const ClassificationLoss<double> loss(ClassificationObjective::softmax);
  EXPECT_THROW(loss.plan({{{2, 3}, Precision::f64}, {{3}, Precision::i32}}), InputError);
  EXPECT_THROW(loss.plan({{{2, 1}, Precision::f64}, {{2}, Precision::i32}}), InputError);
  try {
    loss.plan({{{1, 8, 8, 3}, Precision::f64}, {{1}, Precision::i32}});
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()),
              "softmax_loss takes a row of logits for each of 1 labels, not (1, 8, 8, 3); layers "
              "like global_average and upper_triangle make a row of a map");
  }
}

}  // namespace
}  // namespace eigenprop
