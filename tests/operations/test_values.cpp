#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "operations/average_pool2d.hpp"
#include "operations/bilinear_resize.hpp"
#include "operations/dense.hpp"
#include "operations/dropout.hpp"
#include "operations/elementwise.hpp"
#include "operations/group_normalization.hpp"
#include "operations/local_response_normalization.hpp"
#include "operations/lp_pool2d.hpp"
#include "operations/matrix_product.hpp"
#include "operations/max_pool2d.hpp"
#include "operations/relu.hpp"
#include "operations/run_operation.hpp"

namespace eigenprop {
namespace {

using Values = std::vector<double>;

Values run(const std::shared_ptr<const Operation>& operation, const AnyTensor& x) {
  return to_host(run_operation(operation, {x})[0].as<double>());
}

TEST(MaxPool2d, CeilModeKeepsThePartialWindow) {
  const auto x = tensor_of<double>({1, 1, 4, 1}, {1, 5, 2, 3});
  EXPECT_EQ(run(std::make_shared<MaxPool2d<double>>(PoolSettings{1, 3, 0, false}), x),
            (Values{1, 3}));
  const auto wide =
      tensor_of<double>({1, 4, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 20});
  EXPECT_EQ(run(std::make_shared<MaxPool2d<double>>(PoolSettings{3, 2, 0, false}), wide),
            (Values{9}));
  EXPECT_EQ(run(std::make_shared<MaxPool2d<double>>(PoolSettings{3, 2, 0, true}), wide),
            (Values{9, 8, 9, 20}));
}

TEST(MaxPool2d, PaddingNeverWins) {
  const auto x = tensor_of<double>({1, 2, 2, 1}, {-1, -2, -3, -4});
  EXPECT_EQ(run(std::make_shared<MaxPool2d<double>>(PoolSettings{2, 2, 1, false}), x),
            (Values{-1, -2, -3, -4}));
}

TEST(MaxPool2d, ShowsNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto x = tensor_of<double>({1, 2, 2, 1}, {1, nan, 3, 4});
  EXPECT_TRUE(
      std::isnan(run(std::make_shared<MaxPool2d<double>>(PoolSettings{2, 2, 0, false}), x)[0]));
}

TEST(AveragePool2d, CountsInsidePositionsOnly) {
  const auto x = tensor_of<double>({1, 2, 2, 1}, {1, 2, 3, 4});
  EXPECT_EQ(run(std::make_shared<AveragePool2d<double>>(PoolSettings{3, 2, 1, false}), x),
            (Values{2.5}));
}

TEST(Pooling, RejectsImpossibleSettings) {
  EXPECT_THROW(MaxPool2d<float>(PoolSettings{2, 2, 2, false}), InputError);
  EXPECT_THROW(MaxPool2d<float>(PoolSettings{0, 2, 0, false}), InputError);
  const MaxPool2d<float> pool(PoolSettings{4, 2, 0, false});
  EXPECT_THROW(pool.plan({{{1, 3, 8, 1}, Precision::f32}}), InputError);
}

// PyTorch: interpolate([[0, 1], [2, 3]], size=(3, 4), mode='bilinear', align_corners=False).
TEST(BilinearResize, HasPyTorchsValues) {
  const auto x = tensor_of<double>({1, 2, 2, 1}, {0, 1, 2, 3});
  const auto y = run(std::make_shared<BilinearResize<double>>(BilinearResizeSettings{3, 4, 0}), x);
  const Values expected = {0, 0.25, 0.75, 1, 1, 1.25, 1.75, 2, 2, 2.25, 2.75, 3};
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-14);
}

TEST(BilinearResize, ReproducesConstantsAndItself) {
  const auto x = random_tensor<double>({1, 5, 7, 2}, 3);
  EXPECT_EQ(run(std::make_shared<BilinearResize<double>>(BilinearResizeSettings{5, 7, 0}), x),
            to_host(x));
}

TEST(GroupNormalization, CentresAndScalesFarFromZero) {
  // Mean 1e6 and deviation 1: a one-pass variance would lose twelve digits.
  const auto x = tensor_of<double>({1, 2, 2}, {1e6 - 1, 1e6 + 1, 1e6 + 1, 1e6 - 1});
  const auto one = tensor_of<double>({2}, {1, 1});
  const auto zero = tensor_of<double>({2}, {0, 0});
  const GroupNormalizationSettings settings = {1, 1e-30};
  const auto y = to_host(
      run_operation(std::make_shared<GroupNormalization<double>>(settings), {x, one, zero})[0]
          .as<double>());
  EXPECT_EQ(y, (Values{-1, 1, 1, -1}));
}

TEST(GroupNormalization, RejectsImpossibleSettings) {
  EXPECT_THROW(GroupNormalization<float>(GroupNormalizationSettings{0, 1e-5}), InputError);
  EXPECT_THROW(GroupNormalization<float>(GroupNormalizationSettings{1, 0}), InputError);
  const GroupNormalization<float> thirds(GroupNormalizationSettings{3, 1e-5});
  const auto spec = [](const Shape& shape) { return TensorSpec{shape, Precision::f32}; };
  EXPECT_THROW(thirds.plan({spec({2, 5, 4}), spec({4}), spec({4})}), InputError);
  EXPECT_THROW(thirds.plan({spec({2, 5, 6}), spec({6}), spec({5})}), InputError);
}

TEST(Elementwise, HasTheFunctionsValues) {
  const auto of = [](ElementFunction function, double x, double epsilon = 0) {
    const auto operation =
        std::make_shared<Elementwise<double>>(ElementwiseSettings{function, epsilon});
    return run(operation, tensor_of<double>({1}, {x}))[0];
  };
  EXPECT_EQ(of(ElementFunction::square, -3), 9);
  EXPECT_EQ(of(ElementFunction::square_root, 3, 1), 2);
  EXPECT_EQ(of(ElementFunction::smooth_absolute, -3, 16), 5);
  EXPECT_NEAR(of(ElementFunction::exponential, 1), 2.718281828459045, 1e-15);
  EXPECT_NEAR(of(ElementFunction::logarithm, 2), 0.6931471805599453, 1e-15);
  EXPECT_NEAR(of(ElementFunction::sigmoid, 1), 0.7310585786300049, 1e-15);
  EXPECT_EQ(of(ElementFunction::sigmoid, -1e4), 0);
  EXPECT_EQ(of(ElementFunction::sigmoid, 1e4), 1);
  EXPECT_NEAR(of(ElementFunction::tanh, -1), -0.7615941559557649, 1e-15);
  EXPECT_NEAR(of(ElementFunction::absolute_tanh, -1), 0.7615941559557649, 1e-15);
  EXPECT_EQ(of(ElementFunction::soft_threshold, 3, 1), 2);
  EXPECT_EQ(of(ElementFunction::soft_threshold, -3, 1), -2);
  EXPECT_EQ(of(ElementFunction::soft_threshold, -0.5, 1), 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(of(ElementFunction::absolute_tanh, nan)));
  EXPECT_TRUE(std::isnan(of(ElementFunction::soft_threshold, nan, 1)));
}

TEST(LpPool2d, NeitherOverflowsNorVanishes) {
  const auto pool = std::make_shared<LpPool2d<double>>(PoolSettings{2, 2, 0, false}, 4.0);
  for (const double scale : {1e-200, 1.0, 1e200}) {
    const auto x = tensor_of<double>({1, 2, 2, 1}, {scale, -scale, scale, 0});
    EXPECT_NEAR(run(pool, x)[0] / (scale * std::pow(3, 0.25)), 1, 1e-14);
  }
  EXPECT_EQ(run(pool, tensor_of<double>({1, 2, 2, 1}, {0, 0, 0, 0})), (Values{0}));
  EXPECT_THROW(LpPool2d<double>(PoolSettings{2, 2, 0, false}, 0.5), InputError);
}

TEST(MatrixProduct, TransposesAsAsked) {
  const auto a = tensor_of<double>({2, 3}, {1, 2, 3, 4, 5, 6});
  const auto b = tensor_of<double>({3, 2}, {1, 0, 2, 1, 0, 3});
  const auto product = [](Transpose first, Transpose second, const AnyTensor& x,
                          const AnyTensor& y) {
    const auto operation =
        std::make_shared<MatrixProduct<double>>(MatrixProductSettings{first, second});
    return to_host(run_operation(operation, {x, y})[0].as<double>());
  };
  EXPECT_EQ(product(Transpose::no, Transpose::no, a, b), (Values{5, 11, 14, 23}));
  EXPECT_EQ(product(Transpose::yes, Transpose::yes, a, b), (Values{1, 6, 12, 2, 9, 15, 3, 12, 18}));
  EXPECT_EQ(product(Transpose::no, Transpose::yes, a, a), (Values{14, 32, 32, 77}));
  EXPECT_EQ(product(Transpose::yes, Transpose::no, b, b), (Values{5, 2, 2, 10}));
  const MatrixProduct<double> plain;
  EXPECT_THROW(plain.plan({{{2, 3}, Precision::f64}, {{2, 3}, Precision::f64}}), InputError);
}

TEST(Relu, PassesNaNOn) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto y = run(std::make_shared<Relu<double>>(), tensor_of<double>({3}, {-1, nan, 2}));
  EXPECT_EQ(y[0], 0);
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(y[2], 2);
}

// y_c = x_c (k + alpha/size Σ x²)^(-beta), one pixel of three channels.
TEST(LocalResponseNormalization, HasTheValuesOfItsFormula) {
  const auto x = tensor_of<double>({1, 3}, {1, 2, 3});
  const auto y = run(std::make_shared<LocalResponseNormalization<double>>(
                         LocalResponseNormalizationSettings{3, 0.6, 0.5, 1}),
                     x);
  EXPECT_NEAR(y[0], 1 / std::sqrt(1 + 0.2 * 5), 1e-15);
  EXPECT_NEAR(y[1], 2 / std::sqrt(1 + 0.2 * 14), 1e-15);
  EXPECT_NEAR(y[2], 3 / std::sqrt(1 + 0.2 * 13), 1e-15);
}

// To the last bit, or else results would depend on the number of ranks.
TEST(Dense, RowsDoNotDependOnTheirBatch) {
  const auto dense = std::make_shared<Dense<float>>();
  const auto x = random_tensor<float>({7, 50}, 1);
  const auto w = random_tensor<float>({50, 33}, 2);
  const auto bias = random_tensor<float>({33}, 3);
  const auto rows = to_host(x);
  const auto together = to_host(run_operation(dense, {x, w, bias})[0].as<float>());
  for (std::ptrdiff_t i = 0; i < 7; ++i) {
    const std::vector<float> row(rows.begin() + i * 50, rows.begin() + (i + 1) * 50);
    const auto alone =
        to_host(run_operation(dense, {tensor_of({1, 50}, row), w, bias})[0].as<float>());
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + i * 33));
  }
}

TEST(Dropout, KeepsTheMeanAndDependsOnTheSampleAlone) {
  const auto dropout = std::make_shared<Dropout<double>>(0.25);
  Tensor<double> x({2, 40000});
  Kokkos::deep_copy(x.view(), 1.0);
  const RandomKey key{5, RandomPurpose::dropout, 2, 10, 0};
  const auto both = to_host(run_operation(dropout, {x}, Mode::training, key)[0].as<double>());
  double zeros = 0;
  for (const double value : both) {
    EXPECT_TRUE(value == 0 || value == 1 / 0.75);
    zeros += value == 0 ? 1 : 0;
  }
  EXPECT_NEAR(zeros / 80000, 0.25, 5 * std::sqrt(0.25 * 0.75 / 80000));

  // The second sample of the batch, alone, under its own key.
  RandomKey second = key;
  second.sample = 11;
  const Tensor<double> alone({1, 40000});
  Kokkos::deep_copy(alone.view(), 1.0);
  const auto single =
      to_host(run_operation(dropout, {alone}, Mode::training, second)[0].as<double>());
  EXPECT_TRUE(std::equal(single.begin(), single.end(), both.begin() + 40000));
  EXPECT_FALSE(std::equal(single.begin(), single.end(), both.begin()));

  EXPECT_EQ(to_host(run_operation(dropout, {x}, Mode::inference, key)[0].as<double>()), to_host(x));
}

}  // namespace
}  // namespace eigenprop
