#include "optimization/batch_minimizer.hpp"

#include <gtest/gtest.h>
#include <petscsys.h>

#include <cmath>
#include <limits>

#include "runtime/error.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

using Values = std::vector<double>;
using Outcome = BatchMinimizer::Outcome;

/// One parameter "x", whose objective each rank evaluates alike.
struct Problem {
  ParameterSet parameters;
  std::int64_t evaluations = 0;

  explicit Problem(const Values& start) {
    const auto x =
        parameters.create("x", {{static_cast<std::int64_t>(start.size())}, Precision::f64}, {}, 1);
    from_host(x->value.as<double>(), start);
  }
  Values x() const { return to_host(parameters[0]->value.as<double>()); }
  void set_gradient(const Values& g) { from_host(parameters[0]->adjoint.as<double>(), g); }

  /// Σ 100 (x_{2i+1} - x_{2i}²)² + (1 - x_{2i})²: the minimum is 0, at ones.
  double rosenbrock() {
    ++evaluations;
    const auto v = x();
    Values g(v.size());
    double sum = 0;
    for (std::size_t i = 0; i + 1 < v.size(); i += 2) {
      const double a = v[i + 1] - v[i] * v[i];
      const double b = 1 - v[i];
      sum += 100 * a * a + b * b;
      g[i] = -400 * v[i] * a - 2 * b;
      g[i + 1] = 200 * a;
    }
    set_gradient(g);
    return sum;
  }
  /// Σ (i + 1) (x_i - i)² / 2
  double quadratic() {
    ++evaluations;
    const auto v = x();
    Values g(v.size());
    double sum = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double difference = v[i] - static_cast<double>(i);
      g[i] = static_cast<double>(i + 1) * difference;
      sum += g[i] * difference / 2;
    }
    set_gradient(g);
    return sum;
  }
};

BatchMinimizerSettings settings_of(const std::string& method, std::int64_t restart,
                                   double tolerance = 0) {
  BatchMinimizerSettings settings;
  settings.method = method;
  settings.restart = restart;
  settings.gradient_tolerance = tolerance;
  return settings;
}

const auto go_on = [](const BatchMinimizer::Iteration&) { return true; };

Values start_of(std::size_t n) {
  Values start(n);
  for (std::size_t i = 0; i < n; ++i) start[i] = i % 2 == 0 ? -1.2 : 1;
  return start;
}

TEST(BatchMinimizer, FindsKnownMinima) {
  for (const std::string method : {"cg", "lmvm"}) {
    SCOPED_TRACE(method);
    Problem quadratic(Values(7, 10.0));
    BatchMinimizer a(quadratic.parameters, settings_of(method, 50, 1e-9), test_communicator());
    EXPECT_EQ(a.minimize(
                  0, 200, [&] { return quadratic.quadratic(); }, go_on),
              Outcome::converged);
    const auto x = quadratic.x();
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], static_cast<double>(i), 1e-8);

    Problem rosenbrock(start_of(10));
    BatchMinimizer b(rosenbrock.parameters, settings_of(method, 100, 1e-8), test_communicator());
    EXPECT_EQ(b.minimize(
                  0, 1000, [&] { return rosenbrock.rosenbrock(); }, go_on),
              Outcome::converged);
    for (const double value : rosenbrock.x()) EXPECT_NEAR(value, 1, 1e-6);
    // Steepest descent needs some ten thousand evaluations here.
    EXPECT_LT(rosenbrock.evaluations, 1000);
  }
}

// Scores on the way are those of the point that the iteration has reached, also where the line
// search runs out of evaluations and takes an earlier one.
TEST(BatchMinimizer, ShowsTheMonitorItsPoint) {
  for (const std::string method : {"cg", "lmvm"}) {
    SCOPED_TRACE(method);
    Problem problem(start_of(6));
    BatchMinimizer minimizer(problem.parameters, settings_of(method, 200), test_communicator());
    std::int64_t seen = 0;
    ASSERT_EQ(PetscOptionsSetValue(nullptr, "-tao_ls_max_funcs", "3"), 0);
    minimizer.minimize(
        0, 200, [&] { return problem.rosenbrock(); },
        [&](const BatchMinimizer::Iteration& i) {
          ++seen;
          EXPECT_EQ(Problem(problem.x()).rosenbrock(), i.objective) << i.number;
          return true;
        });
    ASSERT_EQ(PetscOptionsClearValue(nullptr, "-tao_ls_max_funcs"), 0);
    EXPECT_GT(seen, 10);
  }
}

TEST(BatchMinimizer, GoesOnFromARestartToTheSameNumbers) {
  for (const std::string method : {"cg", "lmvm"}) {
    SCOPED_TRACE(method);
    Problem whole(start_of(6));
    BatchMinimizer a(whole.parameters, settings_of(method, 4), test_communicator());
    Values objectives, at_restart;
    a.minimize(
        0, 10, [&] { return whole.rosenbrock(); },
        [&](const BatchMinimizer::Iteration& i) {
          EXPECT_EQ(i.number, static_cast<std::int64_t>(objectives.size()) + 1);
          EXPECT_EQ(i.restarts, i.number == 4 || i.number == 8 || i.number == 10);
          if (i.number == 4) at_restart = whole.x();
          objectives.push_back(i.objective);
          return true;
        });
    ASSERT_EQ(objectives.size(), 10u);
    Problem rest(at_restart);
    BatchMinimizer b(rest.parameters, settings_of(method, 4), test_communicator());
    std::size_t next = 4;
    b.minimize(
        4, 10, [&] { return rest.rosenbrock(); },
        [&](const BatchMinimizer::Iteration& i) {
          EXPECT_EQ(i.objective, objectives.at(next++));
          return true;
        });
    EXPECT_EQ(next, 10u);
    EXPECT_EQ(rest.x(), whole.x());
  }
}

TEST(BatchMinimizer, StopsWhereTheMonitorSaysSo) {
  Problem problem(start_of(4));
  BatchMinimizer minimizer(problem.parameters, settings_of("cg", 5), test_communicator());
  std::int64_t seen = 0;
  EXPECT_EQ(minimizer.minimize(
                0, 100, [&] { return problem.rosenbrock(); },
                [&](const BatchMinimizer::Iteration& i) {
                  seen = i.number;
                  return i.number < 7;
                }),
            Outcome::stopped);
  EXPECT_EQ(seen, 7);
}

TEST(BatchMinimizer, LeavesFrozenParametersAndKeepsSinglePrecision) {
  ParameterSet parameters;
  const auto x = parameters.create("x", {{2}, Precision::f32}, {Initializer::Kind::constant, 3}, 1);
  const auto frozen =
      parameters.create("frozen", {{3}, Precision::f64}, {Initializer::Kind::constant, 7}, 1);
  frozen->rate_factor = 0;
  BatchMinimizer minimizer(parameters, settings_of("cg", 10, 1e-6), test_communicator());
  EXPECT_EQ(minimizer.minimize(
                0, 50,
                [&] {
                  const auto v = to_host(x->value.as<float>());
                  from_host(x->adjoint.as<float>(), {2 * (v[0] - 1), 4 * (v[1] + 2)});
                  return static_cast<double>((v[0] - 1) * (v[0] - 1) + 2 * (v[1] + 2) * (v[1] + 2));
                },
                go_on),
            Outcome::converged);
  EXPECT_NEAR(to_host(x->value.as<float>())[0], 1, 1e-5);
  EXPECT_NEAR(to_host(x->value.as<float>())[1], -2, 1e-5);
  EXPECT_EQ(to_host(frozen->value.as<double>()), Values(3, 7.0));
}

TEST(BatchMinimizer, TakesOptionsOfTao) {
  const auto evaluations = [] {
    Problem problem(start_of(8));
    BatchMinimizer minimizer(problem.parameters, settings_of("cg", 30), test_communicator());
    minimizer.minimize(
        0, 30, [&] { return problem.rosenbrock(); }, go_on);
    return problem.evaluations;
  };
  const auto plain = evaluations();
  ASSERT_EQ(PetscOptionsSetValue(nullptr, "-tao_type", "lmvm"), 0);
  const auto other = evaluations();
  ASSERT_EQ(PetscOptionsClearValue(nullptr, "-tao_type"), 0);
  EXPECT_NE(plain, other);
  EXPECT_EQ(plain, evaluations());
}

TEST(BatchMinimizer, PassesExceptionsThrough) {
  for (const bool in_objective : {true, false}) {
    Problem problem(start_of(4));
    BatchMinimizer minimizer(problem.parameters, settings_of("lmvm", 5), test_communicator());
    try {
      minimizer.minimize(
          0, 100,
          [&] {
            if (in_objective && problem.evaluations == 3) throw InputError("three are enough");
            return problem.rosenbrock();
          },
          [&](const BatchMinimizer::Iteration& i) -> bool {
            if (i.number == 2) throw InputError("three are enough");
            return true;
          });
      FAIL() << "no exception";
    } catch (const InputError& error) {
      EXPECT_STREQ(error.what(), "three are enough");
    }
  }
}

// 1/x + 100 x near its pole: steps to the other side are refused, also where the gradient alone is
// not finite.
TEST(BatchMinimizer, ComesBackFromStepsThatAreNotFinite) {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), infinity, 0.0}) {
    SCOPED_TRACE(value);
    Problem problem({5.0});
    BatchMinimizer minimizer(problem.parameters, settings_of("cg", 20, 1e-7), test_communicator());
    std::int64_t refused = 0;
    const auto objective = [&] {
      const double x = problem.x()[0];
      problem.set_gradient({x > 0 ? -1 / (x * x) + 100 : -infinity});
      if (!(x > 0)) ++refused;
      return x > 0 ? 1 / x + 100 * x : value;
    };
    EXPECT_EQ(minimizer.minimize(0, 200, objective, go_on), Outcome::converged);
    EXPECT_NEAR(problem.x()[0], 0.1, 1e-8);
    EXPECT_GT(refused, 0);
  }
}

TEST(BatchMinimizer, SaysWhatIsWrong) {
  Problem problem({1.0, 2.0});
  EXPECT_THROW(BatchMinimizer(problem.parameters, settings_of("cg", 0), test_communicator()),
               InputError);
  problem.parameters[0]->rate_factor = 0;
  EXPECT_THROW(BatchMinimizer(problem.parameters, settings_of("cg", 5), test_communicator()),
               InputError);
  problem.parameters[0]->rate_factor = 1;
  BatchMinimizer minimizer(problem.parameters, settings_of("cg", 5), test_communicator());
  EXPECT_THROW(minimizer.minimize(
                   0, 5, [] { return std::numeric_limits<double>::infinity(); }, go_on),
               NonFiniteError);
  const auto without_gradient = [&] {
    problem.set_gradient({1, std::numeric_limits<double>::quiet_NaN()});
    return 1.0;
  };
  EXPECT_THROW(minimizer.minimize(0, 5, without_gradient, go_on), NonFiniteError);
}

// Classes perfectly apart, or one alone: a gradient of zero, or one whose square is, or one that
// gets there on the way.
TEST(BatchMinimizer, TakesAGradientOfZeroForConvergence) {
  for (const std::string method : {"cg", "lmvm"}) {
    for (const double slope : {0.0, 1e-200, 1e-300}) {
      SCOPED_TRACE(method);
      Problem problem({1.0, 2.0});
      BatchMinimizer minimizer(problem.parameters, settings_of(method, 20), test_communicator());
      EXPECT_EQ(minimizer.minimize(
                    0, 50,
                    [&] {
                      problem.set_gradient({slope, -slope});
                      return 3.0;
                    },
                    go_on),
                Outcome::converged);
      EXPECT_EQ(problem.x(), (Values{1, 2}));
    }
  }
}

// A slope that ends at a plateau, below or above it, whose own slope is zero or has a square that
// is.
TEST(BatchMinimizer, TakesThePlateauBeyondASlope) {
  for (const std::string method : {"cg", "lmvm"}) {
    for (const double steepness : {1.0, 1e6}) {
      for (const double slope : {0.0, 1e-170}) {
        for (const double height : {0.5, 2.0}) {
          SCOPED_TRACE(method + " " + std::to_string(steepness) + " " + std::to_string(height));
          Problem problem({1.0, 1.0, 1.0});
          BatchMinimizer minimizer(problem.parameters, settings_of(method, 3), test_communicator());
          double last = 0;
          minimizer.minimize(
              0, 6,
              [&] {
                const double x = problem.x()[0];
                const double g = x > 0.5 ? steepness : slope;
                problem.set_gradient({g, 0, 0});
                return steepness * (x > 0.5 ? x : height);
              },
              [&](const BatchMinimizer::Iteration& i) {
                last = i.objective;
                return true;
              });
          EXPECT_LE(last, steepness);
          const double x = problem.x()[0];
          EXPECT_EQ(steepness * (x > 0.5 ? x : height), last) << "the best point is kept";
        }
      }
    }
  }
}

}  // namespace
}  // namespace eigenprop
