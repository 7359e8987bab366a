#pragma once

#include <functional>
#include <string>
#include <vector>

namespace eigenprop {

/// A function g of one real variable that is applied to the eigenvalues of a symmetric matrix,
/// g(A) = U g(Λ) Uᵀ (matrix-backpropagation.txt, Proposition 3), with what exact derivatives of
/// g(A) need: g' and the divided difference
///
///     g[a, b] = (g(a) - g(b)) / (a - b),   g[a, a] = g'(a),
///
/// which the functions below compute to a few units in the last place for every distance of a and
/// b. The quotient as it stands loses all digits where a and b are close.
class ScalarFunction {
 public:
  static ScalarFunction identity();
  static ScalarFunction log();
  static ScalarFunction square_root();
  static ScalarFunction inverse_square_root();
  static ScalarFunction power(double exponent);
  static ScalarFunction exponential();

  /// A user's own g and g' for arguments >= `lowest` (> `lowest` where `open`). Its divided
  /// difference is the quotient where |a - b| exceeds a quarter of max(|a|, |b|), losing at most
  /// the digits that g(a) and g(b) share there; below, the mean of g' between a and b by Gauss's
  /// rule with 8 points, exact to rounding for g analytic around positive arguments, as the ones
  /// above are.
  static ScalarFunction user(const std::string& name, std::function<double(double)> g,
                             std::function<double(double)> derivative, double lowest, bool open);

  const std::string& name() const { return name_; }
  double value(double x) const { return value_(x); }
  double derivative(double x) const { return derivative_(x); }
  double divided_difference(double a, double b) const { return difference_(a, b); }

  /// The divided differences of g between fixed points: a row costs a few operations an element
  /// for the functions above, since what depends on one point alone is computed once.
  class Differences {
   public:
    Differences(const ScalarFunction& g, std::vector<double> points);

    /// row[j] <- g[points[i], points[j]] for all points; symmetric in i and j to the last bit.
    void row(std::size_t i, double* row) const;

   private:
    const ScalarFunction& g_;
    std::vector<double> points_;
    std::vector<double> high_;  // what `rows_` keeps of each point
    std::vector<double> low_;
  };

  /// Whether g and g' are defined at x.
  bool defined_at(double x) const { return open_ ? x > lowest_ : x >= lowest_; }

  /// Where g and g' are defined, like "x > 0".
  std::string domain() const;

 private:
  using Function = std::function<double(double)>;

  // Points with two numbers each that a function keeps of them.
  struct Prepared {
    std::size_t count;
    const double* points;
    const double* high;
    const double* low;
  };

  // Fast rows of divided differences; null where a function has none.
  struct Rows {
    void (*prepare)(double point, double& high, double& low);
    void (*fill)(std::size_t i, const Prepared& at, double* row);
  };
  struct RowsOf;

  ScalarFunction(const std::string& name, Function value, Function derivative,
                 std::function<double(double, double)> difference, double lowest, bool open,
                 Rows rows = {});

  std::string name_;
  Function value_;
  Function derivative_;
  std::function<double(double, double)> difference_;
  double lowest_;
  bool open_;
  Rows rows_;
};

/// By name, as configurations write it: identity, log, sqrt, inverse_sqrt, exp, or power:ALPHA
/// like power:0.3. Throws InputError for another name.
ScalarFunction scalar_function(const std::string& name);

}  // namespace eigenprop
