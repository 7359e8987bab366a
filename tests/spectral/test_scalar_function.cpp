#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "runtime/error.hpp"
#include "spectral/scalar_function.hpp"

namespace eigenprop {
namespace {

struct Known {
  ScalarFunction function;
  std::function<long double(long double)> value;
  std::function<long double(long double)> derivative;
  std::function<long double(long double)> third;
};

std::vector<Known> known_functions() {
  const auto power = [](long double p) {
    return Known{ScalarFunction::power(static_cast<double>(p)),
                 [p](long double x) { return std::pow(x, p); },
                 [p](long double x) { return p * std::pow(x, p - 1); },
                 [p](long double x) { return p * (p - 1) * (p - 2) * std::pow(x, p - 3); }};
  };
  Known root = power(0.5L);
  root.function = ScalarFunction::square_root();
  Known inverse_root = power(-0.5L);
  inverse_root.function = ScalarFunction::inverse_square_root();
  Known user = power(-2);
  user.function = ScalarFunction::user(
      "1/x^2", [](double x) { return 1 / (x * x); }, [](double x) { return -2 / (x * x * x); }, 0,
      true);
  const auto exponential = [](long double x) { return std::exp(x); };
  return {
      {ScalarFunction::log(), [](long double x) { return std::log(x); },
       [](long double x) { return 1 / x; }, [](long double x) { return 2 / (x * x * x); }},
      {ScalarFunction::exponential(), exponential, exponential, exponential},
      power(0.25L),
      power(-1.5L),
      power(3),
      root,
      inverse_root,
      user,
  };
}

// For distant arguments the quotient in long double, for close ones the Taylor series around their
// centre, g'(c) + g'''(c) h² / 24, whose next term is of order h⁴.
TEST(ScalarFunction, DividedDifferencesAreAccurateForEveryGap) {
  for (const auto& known : known_functions()) {
    const auto& g = known.function;
    for (const double b : {0.001, 0.7, 1.0, 4.0}) {
      EXPECT_NEAR(g.value(b), static_cast<double>(known.value(b)), 1e-14 * std::abs(g.value(b)));
      const auto slope = static_cast<double>(known.derivative(b));
      EXPECT_NEAR(g.derivative(b), slope, 1e-14 * std::abs(slope)) << g.name();
      EXPECT_NEAR(g.divided_difference(b, b), slope, 2e-14 * std::abs(slope)) << g.name();
      for (const double gap : {1e-16, 1e-15, 1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 3e-4, 0.01, 0.1, 0.2,
                               0.3, 0.9, 3.0, 9.0}) {
        const double a = b * (1 + gap);
        const long double h = static_cast<long double>(a) - b;
        const long double centre = b + h / 2;
        const long double expected =
            gap < 5e-4 ? known.derivative(centre) + known.third(centre) * h * h / 24
                       : (known.value(a) - known.value(b)) / h;
        const double bound = 5e-14 * std::abs(static_cast<double>(expected));
        EXPECT_NEAR(g.divided_difference(a, b), static_cast<double>(expected), bound)
            << g.name() << " at " << b << " with relative gap " << gap;
        EXPECT_NEAR(g.divided_difference(b, a), static_cast<double>(expected), bound) << g.name();
      }
    }
  }
}

TEST(ScalarFunction, IsFoundByName) {
  EXPECT_DOUBLE_EQ(scalar_function("power:0.3").value(2), std::pow(2, 0.3));
  EXPECT_DOUBLE_EQ(scalar_function("sqrt").value(2), std::sqrt(2));
  EXPECT_DOUBLE_EQ(scalar_function("inverse_sqrt").value(2), 1 / std::sqrt(2));
  EXPECT_DOUBLE_EQ(scalar_function("log").value(2), std::log(2));
  EXPECT_DOUBLE_EQ(scalar_function("exp").value(2), std::exp(2));
  EXPECT_DOUBLE_EQ(scalar_function("identity").value(2), 2);
  for (const char* name : {"", "ln", "power", "power:", "power:x", "power:0.3x", "power:inf"})
    EXPECT_THROW(scalar_function(name), InputError) << name;
}

TEST(ScalarFunction, KnowsItsDomain) {
  EXPECT_FALSE(ScalarFunction::log().defined_at(0));
  EXPECT_TRUE(ScalarFunction::log().defined_at(1e-300));
  EXPECT_TRUE(ScalarFunction::exponential().defined_at(-5));
  EXPECT_EQ(ScalarFunction::log().domain(), "x > 0");
  EXPECT_THROW(ScalarFunction::user("nothing", {}, {}, 0, false), InputError);
}

}  // namespace
}  // namespace eigenprop
