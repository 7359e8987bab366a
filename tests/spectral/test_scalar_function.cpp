#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "runtime/error.hpp"
#include "spectral/scalar_function.hpp"

namespace eigenprop {
namespace {

struct Known {
  ScalarFunction function;
  std::function<long double(long double)> value;
  std::function<long double(long double)> derivative;
  std::function<long double(long double)> third;
  // (g(a) - g(b)) / (a - b), where the values themselves share too many digits.
  std::function<long double(long double, long double)> quotient = {};
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
      {ScalarFunction::exponential(), exponential, exponential, exponential,
       [](long double a, long double b) { return std::exp(b) * std::expm1(a - b) / (a - b); }},
      power(0.25L),
      power(-1.5L),
      power(3),
      root,
      inverse_root,
      user,
  };
}

constexpr double gaps[] = {1e-16, 1e-15, 1e-13, 1e-11, 1e-9, 1e-7, 1e-5, 3e-4,
                           0.01,  0.1,   0.2,   0.3,   0.9,  3.0,  9.0};

// For distant arguments the quotient in long double, for close ones the Taylor series around their
// centre, g'(c) + g'''(c) h² / 24, whose next term is of order h⁴.
double expected_difference(const Known& known, double a, double b) {
  const long double h = static_cast<long double>(a) - b;
  const long double centre = b + h / 2;
  if (std::abs(h) < 5e-4L * b)
    return static_cast<double>(known.derivative(centre) + known.third(centre) * h * h / 24);
  return static_cast<double>(known.quotient ? known.quotient(a, b)
                                            : (known.value(a) - known.value(b)) / h);
}

TEST(ScalarFunction, DividedDifferencesAreAccurateForEveryGap) {
  for (const auto& known : known_functions()) {
    const auto& g = known.function;
    for (const double b : {0.001, 0.7, 1.0, 4.0}) {
      EXPECT_NEAR(g.value(b), static_cast<double>(known.value(b)), 1e-14 * std::abs(g.value(b)));
      const auto slope = static_cast<double>(known.derivative(b));
      EXPECT_NEAR(g.derivative(b), slope, 1e-14 * std::abs(slope)) << g.name();
      EXPECT_NEAR(g.divided_difference(b, b), slope, 2e-14 * std::abs(slope)) << g.name();
      for (const double gap : gaps) {
        const double a = b * (1 + gap);
        const double expected = expected_difference(known, a, b);
        const double bound = 5e-14 * std::abs(expected);
        EXPECT_NEAR(g.divided_difference(a, b), expected, bound)
            << g.name() << " at " << b << " with relative gap " << gap;
        EXPECT_NEAR(g.divided_difference(b, a), expected, bound) << g.name();
      }
    }
  }
}

TEST(ScalarFunction, RowsOfDividedDifferencesAreAsAccurateAndSymmetric) {
  for (const auto& known : known_functions()) {
    const auto& g = known.function;
    std::vector<double> points;
    for (const double base : {0.001, 0.7, 1.0, 4.0}) {
      points.push_back(base);
      // A gap just on either side of where a series ends, too.
      for (const double gap : gaps) points.push_back(base * (1 + gap));
      for (const double gap : {0.132, 0.1333, 0.134}) points.push_back(base * (1 + gap));
    }
    const std::size_t n = points.size();
    const ScalarFunction::Differences differences(g, points);
    std::vector<double> table(n * n);
    for (std::size_t i = 0; i < n; ++i) differences.row(i, &table[i * n]);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const double expected = expected_difference(known, points[i], points[j]);
        EXPECT_NEAR(table[i * n + j], expected, 5e-14 * std::abs(expected))
            << g.name() << " at " << points[i] << ", " << points[j];
        EXPECT_EQ(table[i * n + j], table[j * n + i]) << g.name();
      }
    }
  }
}

TEST(ScalarFunction, RowsOfLogarithmsKeepTheirDigitsNearTheEndsOfTheRange) {
  for (const double base : {1e-300, 1e300}) {
    std::vector<double> points;
    for (const double gap : {0.0, 1e-16, 1e-9, 0.01, 0.132, 0.134, 0.2, 3.0})
      points.push_back(base * (1 + gap));
    const auto log = ScalarFunction::log();
    const ScalarFunction::Differences differences(log, points);
    std::vector<double> row(points.size());
    differences.row(0, row.data());
    for (std::size_t j = 0; j < points.size(); ++j) {
      const long double h = (static_cast<long double>(points[j]) - points[0]) / points[0];
      const long double expected = (h == 0 ? 1 : std::log1p(h) / h) / points[0];
      EXPECT_NEAR(row[j] * base, static_cast<double>(expected * base), 2e-15) << base << " " << j;
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
