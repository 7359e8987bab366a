#include "spectral/scalar_function.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "runtime/error.hpp"
#include "runtime/numbers.hpp"

namespace eigenprop {
namespace {

constexpr double everywhere = -std::numeric_limits<double>::infinity();

// (log a - log b) / (a - b) = 2 atanh(x) / x / (a + b) with x = (a - b) / (a + b); atanh loses
// digits near 1, where the quotient keeps them.
double log_difference(double a, double b) {
  const double x = (a - b) / (a + b);
  if (std::abs(x) > 0.5) return std::log(a / b) / (a - b);
  if (std::abs(x) < 1e-4) return 2 * (1 + x * x / 3) / (a + b);
  return 2 * std::atanh(x) / x / (a + b);
}

// (e^z - 1) / z.
double relative_exponential(double z) { return std::abs(z) < 1e-9 ? 1 + z / 2 : std::expm1(z) / z; }

double mean_derivative(const std::function<double(double)>& derivative, double a, double b) {
  // Gauss-Legendre nodes and weights on [-1, 1] (Abramowitz and Stegun, table 25.4).
  constexpr double nodes[] = {0.183434642495649805, 0.525532409916328986, 0.796666477413626740,
                              0.960289856497536232};
  constexpr double weights[] = {0.362683783378361983, 0.313706645877887287, 0.222381034453374471,
                                0.101228536290376259};
  const double centre = a + (b - a) / 2;
  const double half = (b - a) / 2;
  double sum = 0;
  for (int i = 0; i < 4; ++i) {
    sum +=
        weights[i] * (derivative(centre - half * nodes[i]) + derivative(centre + half * nodes[i]));
  }
  return sum / 2;
}

}  // namespace

// Loops over one row without branches or calls, which compilers vectorize.
struct ScalarFunction::RowsOf {
  static void prepare_log(double x, double& high, double& low) {
    const long double value = std::log(static_cast<long double>(x));
    high = static_cast<double>(value);
    low = static_cast<double>(value - high);
  }

  // The series of log_difference for |a - b| < (a + b) / 16, beyond it the quotient, of logarithms
  // with a few digits more than double has: the two share at most so many.
  static void log(std::size_t i, const Prepared& at, double* row) {
    const double a = at.points[i], high = at.high[i], low = at.low[i];
    for (std::size_t j = 0; j < at.count; ++j) {
      const double distance = a - at.points[j];
      const double sum = a + at.points[j];
      const double x = distance / sum;
      const double y = x * x;
      const double series =
          2 +
          y * (2. / 3 + y * (2. / 5 + y * (2. / 7 + y * (2. / 9 + y * (2. / 11 + y * (2. / 13))))));
      const double change = (high - at.high[j]) + (low - at.low[j]);
      const bool near = y < 1. / 256;
      row[j] = (near ? series : change) / (near ? sum : distance);
    }
  }

  static void prepare_root(double x, double& high, double& low) {
    high = std::sqrt(x);
    low = 0;
  }

  static void square_root(std::size_t i, const Prepared& at, double* row) {
    for (std::size_t j = 0; j < at.count; ++j) row[j] = 1 / (at.high[i] + at.high[j]);
  }

  static void inverse_square_root(std::size_t i, const Prepared& at, double* row) {
    const double root = at.high[i];
    for (std::size_t j = 0; j < at.count; ++j)
      row[j] = -1 / (root * at.high[j] * (root + at.high[j]));
  }
};

ScalarFunction::ScalarFunction(const std::string& name, Function value, Function derivative,
                               std::function<double(double, double)> difference, double lowest,
                               bool open, Rows rows)
    : name_(name),
      value_(std::move(value)),
      derivative_(std::move(derivative)),
      difference_(std::move(difference)),
      lowest_(lowest),
      open_(open),
      rows_(rows) {}

ScalarFunction::Differences::Differences(const ScalarFunction& g, std::vector<double> points)
    : g_(g), points_(std::move(points)) {
  if (!g.rows_.prepare) return;
  high_.resize(points_.size());
  low_.resize(points_.size());
  for (std::size_t i = 0; i < points_.size(); ++i) g.rows_.prepare(points_[i], high_[i], low_[i]);
}

void ScalarFunction::Differences::row(std::size_t i, double* row) const {
  if (g_.rows_.fill) {
    g_.rows_.fill(i, {points_.size(), points_.data(), high_.data(), low_.data()}, row);
    return;
  }
  for (std::size_t j = 0; j < points_.size(); ++j) {
    // In one order for both of a pair.
    const double a = std::max(points_[i], points_[j]);
    const double b = std::min(points_[i], points_[j]);
    row[j] = g_.divided_difference(a, b);
  }
}

std::string ScalarFunction::domain() const {
  std::ostringstream text;
  text << "x " << (open_ ? "> " : ">= ") << lowest_;
  return text.str();
}

ScalarFunction ScalarFunction::identity() {
  return {"identity",
          [](double x) { return x; },
          [](double) { return 1.0; },
          [](double, double) { return 1.0; },
          everywhere,
          true};
}

ScalarFunction ScalarFunction::log() {
  return {"log",
          [](double x) { return std::log(x); },
          [](double x) { return 1 / x; },
          log_difference,
          0,
          true,
          {RowsOf::prepare_log, RowsOf::log}};
}

ScalarFunction ScalarFunction::square_root() {
  return {"sqrt",
          [](double x) { return std::sqrt(x); },
          [](double x) { return 0.5 / std::sqrt(x); },
          [](double a, double b) { return 1 / (std::sqrt(a) + std::sqrt(b)); },
          0,
          true,
          {RowsOf::prepare_root, RowsOf::square_root}};
}

ScalarFunction ScalarFunction::inverse_square_root() {
  return {"inverse_sqrt",
          [](double x) { return 1 / std::sqrt(x); },
          [](double x) { return -0.5 / (x * std::sqrt(x)); },
          [](double a, double b) {
            const double root_a = std::sqrt(a);
            const double root_b = std::sqrt(b);
            return -1 / (root_a * root_b * (root_a + root_b));
          },
          0,
          true,
          {RowsOf::prepare_root, RowsOf::inverse_square_root}};
}

ScalarFunction ScalarFunction::power(double exponent) {
  return {"power:" + number_text(exponent), [exponent](double x) { return std::pow(x, exponent); },
          [exponent](double x) { return exponent * std::pow(x, exponent - 1); },
          // a^p - b^p = b^p (exp(p (log a - log b)) - 1), with b the one that bounds the
          // exponential by 1.
          [exponent](double a, double b) {
            if ((a > b) == (exponent > 0)) std::swap(a, b);
            const double slope = log_difference(a, b);
            return std::pow(b, exponent) * exponent * slope *
                   relative_exponential(exponent * slope * (a - b));
          },
          0, true};
}

ScalarFunction ScalarFunction::exponential() {
  return {"exp",
          [](double x) { return std::exp(x); },
          [](double x) { return std::exp(x); },
          [](double a, double b) {
            return std::exp(std::max(a, b)) * relative_exponential(-std::abs(a - b));
          },
          everywhere,
          true};
}

ScalarFunction ScalarFunction::user(const std::string& name, std::function<double(double)> g,
                                    std::function<double(double)> derivative, double lowest,
                                    bool open) {
  require(g && derivative, "function '" + name + "' needs both g and g'");
  auto difference = [g, derivative](double a, double b) {
    if (std::abs(a - b) > 0.25 * std::max(std::abs(a), std::abs(b))) return (g(a) - g(b)) / (a - b);
    return mean_derivative(derivative, a, b);
  };
  return {name, std::move(g), std::move(derivative), std::move(difference), lowest, open};
}

ScalarFunction scalar_function(const std::string& name) {
  if (name == "identity") return ScalarFunction::identity();
  if (name == "log") return ScalarFunction::log();
  if (name == "sqrt") return ScalarFunction::square_root();
  if (name == "inverse_sqrt") return ScalarFunction::inverse_square_root();
  if (name == "exp") return ScalarFunction::exponential();
  const std::string prefix = "power:";
  if (name.rfind(prefix, 0) == 0) {
    if (const auto exponent = read_number(name.substr(prefix.size())))
      return ScalarFunction::power(*exponent);
  }
  throw InputError("there is no function '" + name +
                   "'; there are: identity, log, sqrt, inverse_sqrt, exp, and power:ALPHA");
}

}  // namespace eigenprop
