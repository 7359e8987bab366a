#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "operations/convolution2d.hpp"
#include "operations/detail/convolution_direct.hpp"
#include "operations/detail/convolution_tiles.hpp"
#include "operations/run_operation.hpp"

namespace eigenprop {
namespace {

struct Case {
  Shape x;
  Convolution2dSettings settings;
};

const std::vector<Case> cases = {
    {{1, 7, 5, 3}, {4, 3, 3, 1, 1, 1, 1}},
    {{2, 33, 40, 8}, {16, 3, 3, 1, 1, 1, 1}},
    {{3, 12, 9, 4}, {6, 1, 1, 1, 0, 1, 2}},
    {{1, 90, 97, 3}, {8, 11, 11, 4, 2, 1, 1}},
    {{1, 80, 75, 4}, {4, 3, 3, 1, 4, 4, 2}},
    {{5, 14, 13, 6}, {9, 3, 2, 2, 3, 2, 3}},
    {{1, 100, 120, 2}, {3, 5, 5, 1, 2, 1, 1}},
    {{2, 9, 8, 2}, {3, 2, 2, 3, 0, 1, 1}},
    // Padding beyond the kernel: the transposed convolution leaves borders out.
    {{2, 6, 5, 3}, {5, 2, 3, 1, 4, 1, 1}},
    {{1, 5, 4, 3}, {2, 1, 1, 1, 2, 1, 1}},
    // More positions than a chunk, in one row.
    {{1, 80, 60, 5}, {21, 1, 1, 1, 0, 1, 1}},
    // Kernel rows in several passes, several blocks of channels, the last not of whole vectors.
    {{1, 6, 7, 600}, {135, 3, 3, 1, 1, 1, 1}},
    // Tiles that do not span the image.
    {{1, 3, 150, 420}, {4, 3, 3, 1, 1, 1, 1}},
    {{3, 13, 13, 8}, {200, 3, 3, 1, 1, 1, 1}},
};

struct Maps {
  std::vector<float> y, dx, dw;
};

Maps run_with_adjoints(const Convolution2dSettings& settings, const Tensor<float>& x,
                       const Tensor<float>& w, const Tensor<float>& bias,
                       const std::vector<float>& dy) {
  Graph graph;
  const auto image = graph.input("x", Precision::f32, true);
  const auto weight = graph.input("w", Precision::f32, true);
  const auto offset = graph.input("bias", Precision::f32);
  const auto y = graph.apply("convolution", std::make_shared<Convolution2d<float>>(settings),
                             {image, weight, offset});
  auto& execution = graph.plan(
      {{x.shape(), Precision::f32}, {w.shape(), Precision::f32}, {bias.shape(), Precision::f32}},
      Mode::training);
  copy(execution.input(0), x);
  copy(execution.input(1), w);
  copy(execution.input(2), bias);
  execution.forward(RandomKey{});
  execution.backward({{y, tensor_of(execution.value(y).shape(), dy)}});
  return {to_host(execution.value(y).as<float>()), to_host(execution.adjoint(image).as<float>()),
          to_host(execution.adjoint(weight).as<float>())};
}

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

// Rounding errors of a sum of n random products grow like its square root.
template <class Scalar>
double rounding(std::int64_t n) {
  return static_cast<double>(std::numeric_limits<Scalar>::epsilon()) *
         std::sqrt(static_cast<double>(n));
}

// The tiled maps against plain loops.
template <class Scalar>
void compare_with_loops() {
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
    tiles::correlate(HostExecutionSpace(), geometry, scratch, x.data(), w.data(), bias.data(),
                     false, y.data());
    direct::correlate(ExecutionSpace(), geometry, x.data(), w.data(), bias.data(), false,
                      y_loops.data());
    EXPECT_LE(difference(y, y_loops), rounding<Scalar>(geometry.patch()));

    const auto dy = random_tensor<Scalar>(out, 4);
    const Tensor<Scalar> dx(test.x);
    const Tensor<Scalar> dx_loops(test.x);
    tiles::input_adjoint(HostExecutionSpace(), geometry, scratch, dy.data(), w.data(), dx.data());
    direct::input_adjoint(ExecutionSpace(), geometry, dy.data(), w.data(), dx_loops.data());
    EXPECT_LE(difference(dx, dx_loops),
              rounding<Scalar>(s.kernel_h * s.kernel_w * geometry.group_out));

    const Tensor<Scalar> dw(weight);
    const Tensor<Scalar> dw_loops(weight);
    tiles::weight_adjoint(HostExecutionSpace(), geometry, scratch, x.data(), dy.data(), dw.data());
    direct::weight_adjoint(ExecutionSpace(), geometry, x.data(), dy.data(), dw_loops.data());
    EXPECT_LE(difference(dw, dw_loops), rounding<Scalar>(geometry.positions()));

    const Tensor<Scalar> db({s.output_channels});
    const Tensor<Scalar> db_loops({s.output_channels});
    tiles::bias_adjoint(HostExecutionSpace(), geometry, scratch, dy.data(), db.data());
    direct::bias_adjoint(ExecutionSpace(), geometry, dy.data(), db_loops.data());
    EXPECT_LE(difference(db, db_loops), rounding<Scalar>(geometry.positions()));
  }
}

TEST(Convolution2d, TilesEqualLoopsInDouble) { compare_with_loops<double>(); }

TEST(Convolution2d, TilesEqualLoopsInFloat) { compare_with_loops<float>(); }

// What an image contributes does not depend on the batch it is in, to the last bit, or else results
// would depend on the number of ranks. Each of these images is one chunk of the weight adjoint.
TEST(Convolution2d, ImagesDoNotDependOnTheirBatch) {
  const Shape batch = {3, 20, 31, 5};
  const Shape single = batch.with(0, 1);
  const Convolution2dSettings settings = {70, 3, 3, 1, 1, 1, 1};
  const auto x = to_host(random_tensor<float>(batch, 1));
  const auto w = random_tensor<float>({3, 3, 5, 70}, 2);
  const auto bias = random_tensor<float>({70}, 3);
  const auto dy = to_host(random_tensor<float>({3, 20, 31, 70}, 4));
  const auto part = [](const std::vector<float>& all, std::size_t i) {
    const auto size = static_cast<std::ptrdiff_t>(all.size() / 3);
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(i) * size;
    return std::vector<float>(first, first + size);
  };

  const auto together = run_with_adjoints(settings, tensor_of(batch, x), w, bias, dy);
  std::vector<double> weight_sum(together.dw.size());
  for (std::size_t i = 0; i < 3; ++i) {
    const auto alone =
        run_with_adjoints(settings, tensor_of(single, part(x, i)), w, bias, part(dy, i));
    EXPECT_EQ(alone.y, part(together.y, i));
    EXPECT_EQ(alone.dx, part(together.dx, i));
    for (std::size_t e = 0; e < weight_sum.size(); ++e)
      weight_sum[e] += static_cast<double>(alone.dw[e]);
  }
  EXPECT_EQ(std::vector<float>(weight_sum.begin(), weight_sum.end()), together.dw);
}

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
