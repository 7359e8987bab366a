#pragma once

#include <functional>
#include <string>

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

  /// Whether g and g' are defined at x.
  bool defined_at(double x) const { return open_ ? x > lowest_ : x >= lowest_; }

  /// Where g and g' are defined, like "x > 0".
  std::string domain() const;

 private:
  using Function = std::function<double(double)>;
  ScalarFunction(const std::string& name, Function value, Function derivative,
                 std::function<double(double, double)> difference, double lowest, bool open);

  std::string name_;
  Function value_;
  Function derivative_;
  std::function<double(double, double)> difference_;
  double lowest_;
  bool open_;
};

/// By name, as configurations write it: identity, log, sqrt, inverse_sqrt, exp, or power:ALPHA
/// like power:0.3. Throws InputError for another name.
ScalarFunction scalar_function(const std::string& name);

}  // namespace eigenprop
