#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "optimization/momentum_sgd.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

struct Problem {
  ParameterSet parameters;
  std::shared_ptr<Parameter> w =
      parameters.create("w", {{2}, Precision::f64}, {Initializer::Kind::constant, 1.0}, 0);
  std::shared_ptr<Parameter> b =
      parameters.create("b", {{1}, Precision::f32}, {Initializer::Kind::constant, 2.0}, 0);

  void set_gradient(double g0, double g1, float gb) {
    from_host(w->adjoint.as<double>(), {g0, g1});
    from_host(b->adjoint.as<float>(), {gb});
  }
  double weight(std::size_t i) const { return to_host(w->value.as<double>())[i]; }
  float bias() const { return to_host(b->value.as<float>())[0]; }
};

// Two steps worked out by hand: v1 = g1 + decay w0, w1 = w0 - rate v1, v2 = momentum v1 + ...
TEST(MomentumSgd, FollowsTheRecurrence) {
  Problem problem;
  problem.b->rate_factor = 10;
  problem.b->decay_factor = 0;
  MomentumSgd optimizer(problem.parameters, {0.5, 0.1, 0});
  problem.set_gradient(3, -1, 0.25f);
  EXPECT_NEAR(optimizer.step(0.1), std::sqrt(9 + 1 + 0.0625), 1e-14);
  EXPECT_NEAR(problem.weight(0), 1 - 0.1 * 3.1, 1e-15);
  EXPECT_NEAR(problem.weight(1), 1 + 0.1 * 0.9, 1e-15);
  EXPECT_NEAR(problem.bias(), 2 - 0.25, 1e-6);
  problem.set_gradient(1, 0, 0);
  optimizer.step(0.2);
  EXPECT_NEAR(problem.weight(0), 0.69 - 0.2 * (0.5 * 3.1 + 1 + 0.069), 1e-15);
  EXPECT_NEAR(problem.bias(), 1.75 - 2 * 0.125, 1e-6);
}

TEST(MomentumSgd, ClipsTheNormOfTheWholeGradient) {
  Problem problem;
  MomentumSgd optimizer(problem.parameters, {0, 0, 1});
  problem.set_gradient(3, 0, 4);
  EXPECT_NEAR(optimizer.step(1), 5, 1e-14);
  EXPECT_NEAR(problem.weight(0), 1 - 0.6, 1e-15);
  EXPECT_NEAR(problem.bias(), 2 - 0.8, 1e-6);
}

TEST(MomentumSgd, LeavesFrozenParametersAlone) {
  Problem problem;
  problem.w->rate_factor = 0;
  MomentumSgd optimizer(problem.parameters, {0.9, 0.1, 0});
  problem.set_gradient(1, 1, 1);
  optimizer.step(1);
  EXPECT_EQ(problem.weight(0), 1);
  EXPECT_NEAR(problem.bias(), 2 - 1 - 0.2, 1e-6);
}

TEST(MomentumSgd, ReportsTheParameterWhoseGradientIsNotFinite) {
  Problem problem;
  MomentumSgd optimizer(problem.parameters, {});
  problem.set_gradient(1, std::numeric_limits<double>::quiet_NaN(), 1);
  try {
    optimizer.step(1);
    FAIL() << "no error";
  } catch (const NonFiniteError& error) {
    EXPECT_STREQ(error.what(), "the gradient of 'w' is not finite");
  }
  EXPECT_EQ(problem.weight(0), 1);
  EXPECT_EQ(problem.bias(), 2);
}

TEST(MomentumSgd, RejectsImpossibleSettings) {
  Problem problem;
  EXPECT_THROW(MomentumSgd(problem.parameters, {1.0, 0, 0}), InputError);
  EXPECT_THROW(MomentumSgd(problem.parameters, {0.9, -1, 0}), InputError);
  EXPECT_THROW(MomentumSgd(problem.parameters, {0.9, 0, -1}), InputError);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THROW(MomentumSgd(problem.parameters, {0.9, infinity, 0}), InputError);
  EXPECT_THROW(MomentumSgd(problem.parameters, {0.9, 0, infinity}), InputError);
}

// A finite gradient and a finite rate whose product is not: the parameter is named.
TEST(MomentumSgd, NamesTheParameterThatAStepMakesInfinite) {
  Problem problem;
  MomentumSgd optimizer(problem.parameters, {0.9, 0, 0});
  problem.set_gradient(1, 1, 1e20F);
  const auto message = [&](double rate) {
    try {
      optimizer.step(rate);
    } catch (const NonFiniteError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message(1e10), "no error");
  EXPECT_EQ(message(1e30), "the step makes 'b' infinite: the learning rate may be too large");
}

}  // namespace
}  // namespace eigenprop
