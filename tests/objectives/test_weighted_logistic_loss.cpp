#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "objectives/average_precision.hpp"
#include "objectives/weighted_logistic_loss.hpp"
#include "runtime/error.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

double loss_of(const std::vector<double>& z, const std::vector<double>& weights) {
  const auto size = static_cast<std::int64_t>(z.size());
  const Tensor<double> logits({size}), both({size, 2}), loss({1}), saved({1});
  from_host(logits, z);
  from_host(both, weights);
  Arguments arguments;
  arguments.inputs = {logits, both};
  arguments.outputs = {loss};
  arguments.saved = {saved};
  WeightedLogisticLoss<double>().forward(arguments);
  return to_host(loss)[0];
}

TEST(WeightedLogisticLoss, EqualsTheFormula) {
  const std::vector<double> z = {1, -2, 0.5}, w = {1, 2, 0.5, 0, 0, 3};
  const auto log_of = [](double x) { return std::log(1 / (1 + std::exp(-x))); };
  const double sum = log_of(1) + 2 * log_of(-1) + 0.5 * log_of(-2) + 3 * log_of(-0.5);
  EXPECT_NEAR(loss_of(z, w), -sum / 6.5, 1e-15);
}

TEST(WeightedLogisticLoss, SurvivesLargeLogits) {
  EXPECT_NEAR(loss_of({1e4, -1e4}, {0, 1, 1, 2}), 2e4 / 4, 1e-9);
  EXPECT_EQ(loss_of({1e4, -1e4}, {1, 0, 0, 1}), 0);
  EXPECT_NEAR(loss_of({-40}, {0, 1}), std::exp(-40), 1e-30);
}

TEST(WeightedLogisticLoss, SaysWhatIsWrong) {
  EXPECT_THAT(input_error([] {
                loss_of({1, 2}, {0, 0, 0, 0});
              }),
              HasSubstr("all weights are zero"));
  for (const double bad : {-1.0, double(INFINITY), double(NAN)}) {
    EXPECT_THAT(input_error([&] {
                  loss_of({1, 2}, {1, 0, bad, 0});
                }),
                HasSubstr("a weight is negative or not finite"));
  }
  const WeightedLogisticLoss<double> loss;
  EXPECT_THROW(loss.plan({{{2, 3}, Precision::f64}, {{2, 2}, Precision::f64}}), InputError);
  EXPECT_THROW(loss.plan({{{2}, Precision::f64}, {{2, 2}, Precision::f32}}), InputError);
}

TEST(PrecisionTable, IsTheMeanOfPrecisionOverRecall) {
  PrecisionTable table;
  EXPECT_EQ(table.average_precision(), 0);
  EXPECT_EQ(table.mean_wanted(), 0);
  // Precision at the three wanted: 1, 2/3, and 3/5 for two equal scores.
  table.add(3, 1);
  table.add(2, 0);
  table.add(1, 1);
  table.add(-1, 1);
  table.add(-1, 0);
  EXPECT_NEAR(table.average_precision(), (1 + 2.0 / 3 + 3.0 / 5) / 3, 1e-15);
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_NEAR(table.mean_wanted(), (sigmoid(3) + sigmoid(1) + sigmoid(-1)) / 3, 1e-15);
  EXPECT_NEAR(table.mean_unwanted(), (sigmoid(2) + sigmoid(-1)) / 2, 1e-15);
}

TEST(PrecisionTable, WithoutAnOrderItIsTheShareOfWhatIsWanted) {
  PrecisionTable table;
  for (int i = 0; i < 10; ++i) table.add(0.5, 0.3);
  EXPECT_NEAR(table.average_precision(), 0.3, 1e-15);
  table.add(1e9, 0);
  table.add(-1e9, 0);
  EXPECT_NEAR(table.average_precision(), 3.0 / 11, 1e-15);
}

}  // namespace
}  // namespace eigenprop
