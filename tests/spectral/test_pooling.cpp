#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "graph/graph.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"
#include "spectral/second_order_pooling.hpp"
#include "spectral/symmetric_function.hpp"
#include "spectral/upper_triangle.hpp"

namespace eigenprop {
namespace {

// Runs `operation` forward on one input.
std::vector<double> run(const Operation& operation, const Shape& shape,
                        const std::vector<double>& values) {
  const auto plan = operation.plan({{shape, Precision::f64}});
  Tensor<double> input(shape);
  from_host(input, values);
  Arguments arguments;
  arguments.inputs = {input};
  const auto allocate = [](const std::vector<TensorSpec>& specs, std::vector<AnyTensor>& to) {
    for (const auto& spec : specs) to.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  };
  allocate(plan.outputs, arguments.outputs);
  allocate(plan.saved, arguments.saved);
  allocate(plan.scratch, arguments.scratch);
  operation.forward(arguments);
  return to_host(arguments.outputs[0].as<double>());
}

std::vector<double> normal(std::int64_t count) {
  const RandomStream stream(RandomKey{3, RandomPurpose::test, 0, 0, 0});
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(stream.normal(static_cast<std::uint64_t>(i)));
  return values;
}

std::string message_of(const Operation& operation, const Shape& shape,
                       const std::vector<double>& values) {
  try {
    run(operation, shape, values);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// exp(log A) = A and sqrt(A)² = A: the same matrix by two operations.
TEST(SecondOrderPooling, IsUndoneByTheInverseFunction) {
  for (const Shape& shape : {Shape{2, 7, 4}, Shape{2, 3, 6}}) {
    const auto f = normal(shape.size());
    const std::int64_t d = shape[2];
    SecondOrderPoolingSettings plain;
    plain.function = ScalarFunction::identity();
    const auto gram = run(SecondOrderPooling<double>(plain), shape, f);
    const auto log = run(SecondOrderPooling<double>(), shape, f);
    const auto back = run(SymmetricFunction<double>(ScalarFunction::exponential()), {2, d, d}, log);
    for (std::size_t i = 0; i < gram.size(); ++i) EXPECT_NEAR(back[i], gram[i], 1e-12);
    for (std::int64_t s = 0; s < 2; ++s) {
      for (std::int64_t i = 0; i < d; ++i) {
        for (std::int64_t j = 0; j < d; ++j) {
          double sum = i == j ? 1e-3 : 0;
          for (std::int64_t r = 0; r < shape[1]; ++r)
            sum += f[static_cast<std::size_t>((s * shape[1] + r) * d + i)] *
                   f[static_cast<std::size_t>((s * shape[1] + r) * d + j)];
          EXPECT_NEAR(gram[static_cast<std::size_t>((s * d + i) * d + j)], sum, 1e-13);
        }
      }
    }
  }
}

TEST(SecondOrderPooling, NamesTheSampleThatIsNotFinite) {
  auto f = normal(3 * 4 * 5);
  f[2 * 4 * 5 + 7] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(message_of(SecondOrderPooling<double>(), {3, 4, 5}, f),
            "sample 2: the features given to second-order pooling are not finite");
  f[5] = std::numeric_limits<double>::infinity();
  EXPECT_EQ(message_of(SecondOrderPooling<double>(), {3, 4, 5}, f).rfind("sample 0: ", 0), 0u);
}

TEST(SecondOrderPooling, RejectsWhatItCannotUse) {
  for (const double epsilon : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    SecondOrderPoolingSettings settings;
    settings.epsilon = epsilon;
    EXPECT_THROW(SecondOrderPooling<double>{settings}, InputError);
  }
  const SecondOrderPooling<double> pooling;
  EXPECT_THROW(pooling.plan({{{4, 5}, Precision::f64}}), InputError);
  EXPECT_THROW(pooling.plan({{{4, 0, 5}, Precision::f64}}), InputError);
  EXPECT_THROW(pooling.plan({{{2, 4, 5}, Precision::f32}}), InputError);
}

TEST(SymmetricFunction, NamesTheEigenvalueOutsideTheDomain) {
  EXPECT_EQ(message_of(SymmetricFunction<double>(ScalarFunction::log()), {2, 2, 2},
                       {1, 0, 0, 1, 1, 0, 0, -2}),
            "sample 1: eigenvalue -2 lies outside the domain x > 0 of log");
  const SymmetricFunction<double> log(ScalarFunction::log());
  EXPECT_THROW(log.plan({{{2, 3, 4}, Precision::f64}}), InputError);
}

TEST(UpperTriangle, KeepsTheScalarProduct) {
  const auto packed = run(UpperTriangle<double>(), {1, 3, 3}, {1, 2, 3, 2, 4, 5, 3, 5, 6});
  const double root = std::sqrt(2.0);
  const std::vector<double> expected = {1, 2 * root, 3 * root, 4, 5 * root, 6};
  ASSERT_EQ(packed.size(), expected.size());
  for (std::size_t i = 0; i < packed.size(); ++i) EXPECT_DOUBLE_EQ(packed[i], expected[i]);
}

}  // namespace
}  // namespace eigenprop
