#include <gtest/gtest.h>

#include "operations/convolution2d.hpp"
#include "operations/convolution_direct.hpp"
#include "operations/convolution_tiles.hpp"
#include "operations/run_operation.hpp"

namespace eigenprop {
namespace {

struct Case {
  Shape x;
  Convolution2dSettings settings;
};

// Shapes with one and with many tiles, bands, chunks and waves.
const std::vector<Case> cases = {
    {{1, 7, 5, 3}, {4, 3, 3, 1, 1, 1, 1}},     {{2, 33, 40, 8}, {16, 3, 3, 1, 1, 1, 1}},
    {{3, 12, 9, 4}, {6, 1, 1, 1, 0, 1, 2}},    {{1, 90, 97, 3}, {8, 11, 11, 4, 2, 1, 1}},
    {{1, 80, 75, 4}, {4, 3, 3, 1, 4, 4, 2}},   {{5, 14, 13, 6}, {9, 3, 2, 2, 3, 2, 3}},
    {{1, 100, 120, 2}, {3, 5, 5, 1, 2, 1, 1}}, {{2, 9, 8, 2}, {3, 2, 2, 3, 0, 1, 1}},
};

template <class Scalar>
double difference(const Tensor<Scalar>& a, const Tensor<Scalar>& b) {
  const auto x = to_host(a);
  const auto y = to_host(b);
  double worst = 0;
  double size = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
    size = std::max(size, std::abs(static_cast<double>(y[i])));
  }
  return worst / size;
}

// The tiled maps against plain loops.
template <class Scalar>
void compare_with_loops(double tolerance) {
  for (const auto& test : cases) {
    SCOPED_TRACE(test.x.text());
    const auto& s = test.settings;
    const Shape weight = {s.kernel_h, s.kernel_w, test.x[3] / s.groups, s.output_channels};
    const auto x = random_tensor<Scalar>(test.x, 1);
    const auto w = random_tensor<Scalar>(weight, 2);
    const auto bias = random_tensor<Scalar>({s.output_channels}, 3);
    const Convolution2d<Scalar> operation(s);
    const TensorSpec specs[] = {{x.shape(), precision_of<Scalar>()},
                                {w.shape(), precision_of<Scalar>()},
                                {bias.shape(), precision_of<Scalar>()}};
    const auto plan = operation.plan({specs[0], specs[1], specs[2]});
    const Shape out = plan.outputs[0].shape;
    const ConvolutionGeometry geometry(s, test.x, out);
    std::vector<AnyTensor> scratch;
    for (const auto& spec : plan.scratch)
      scratch.push_back(AnyTensor::zeros(spec.shape, spec.precision));

    const Tensor<Scalar> y(out);
    const Tensor<Scalar> y_loops(out);
    tiles::correlate(geometry, scratch, x.data(), w.data(), bias.data(), false, y.data());
    direct::correlate(geometry, x.data(), w.data(), bias.data(), false, y_loops.data());
    EXPECT_LE(difference(y, y_loops), tolerance);

    const auto dy = random_tensor<Scalar>(out, 4);
    const Tensor<Scalar> dx(test.x);
    const Tensor<Scalar> dx_loops(test.x);
    tiles::input_adjoint(geometry, scratch, dy.data(), w.data(), dx.data());
    direct::input_adjoint(geometry, dy.data(), w.data(), dx_loops.data());
    EXPECT_LE(difference(dx, dx_loops), tolerance);

    const Tensor<Scalar> dw(weight);
    const Tensor<Scalar> dw_loops(weight);
    tiles::weight_adjoint(geometry, scratch, x.data(), dy.data(), dw.data());
    direct::weight_adjoint(geometry, x.data(), dy.data(), dw_loops.data());
    EXPECT_LE(difference(dw, dw_loops), tolerance);

    const Tensor<Scalar> db({s.output_channels});
    const Tensor<Scalar> db_loops({s.output_channels});
    tiles::bias_adjoint(geometry, scratch, dy.data(), db.data());
    direct::bias_adjoint(geometry, dy.data(), db_loops.data());
    EXPECT_LE(difference(db, db_loops), tolerance);
  }
}

TEST(Convolution2d, TilesEqualLoopsInDouble) { compare_with_loops<double>(1e-13); }

TEST(Convolution2d, TilesEqualLoopsInFloat) { compare_with_loops<float>(2e-6); }

// Worked by hand: a 2 x 2 kernel on a 2 x 3 image, and the same with padding and stride.
TEST(Convolution2d, HasTheValuesOfAHandComputation) {
  const auto x = tensor_of<double>({1, 2, 3, 1}, {1, 2, 3, 4, 5, 6});
  const auto w = tensor_of<double>({2, 2, 1, 1}, {1, 10, 100, 1000});
  const auto bias = tensor_of<double>({1}, {0.5});
  const auto plain =
      std::make_shared<Convolution2d<double>>(Convolution2dSettings{1, 2, 2, 1, 0, 1, 1});
  EXPECT_EQ(to_host(run_operation(plain, {x, w, bias})[0].as<double>()),
            (std::vector<double>{5421.5, 6532.5}));
  const auto padded =
      std::make_shared<Convolution2d<double>>(Convolution2dSettings{1, 2, 2, 2, 1, 1, 1});
  EXPECT_EQ(to_host(run_operation(padded, {x, w, bias})[0].as<double>()),
            (std::vector<double>{1000.5, 3200.5, 40.5, 65.5}));
}

std::string plan_error(const Convolution2dSettings& settings, const Shape& x, const Shape& w) {
  try {
    Convolution2d<float>(settings).plan(
        {{x, Precision::f32}, {w, Precision::f32}, {{settings.output_channels}, Precision::f32}});
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Convolution2d, RejectsWhatDoesNotFit) {
  EXPECT_NE(plan_error({2, 3, 3, 1, 0, 2, 1}, {1, 4, 9, 3}, {3, 3, 3, 2})
                .find("smaller than the receptive field 5"),
            std::string::npos);
  EXPECT_NE(plan_error({2, 3, 3, 1, 0, 1, 1}, {1, 9, 9, 4}, {3, 3, 3, 2}).find("weight"),
            std::string::npos);
  EXPECT_NE(plan_error({2, 3, 3, 1, 0, 1, 2}, {1, 9, 9, 3}, {3, 3, 1, 2}).find("divisible"),
            std::string::npos);
  EXPECT_THROW(Convolution2d<float>({3, 3, 3, 1, 0, 1, 2}), InputError);
  EXPECT_THROW(Convolution2d<float>({3, 3, 3, 0, 0, 1, 1}), InputError);
}

}  // namespace
}  // namespace eigenprop
