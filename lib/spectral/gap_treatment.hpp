#pragma once

#include <string>

namespace eigenprop {

/// What is done about 1/(λ_i - λ_j), which the derivatives of eigenvectors and singular vectors
/// contain (K and K̃ of matrix-backpropagation.txt, eq. 13 and 34; K has λ = σ²) and which grows
/// without bound where two values meet. All but `plain` and `pade` change the derivative on
/// purpose: their variation and adjoint are transposes of each other, but only where the values
/// are well separated are they the derivative of the forward map.
enum class GapRemedy {
  plain,       ///< nothing: infinite where values are equal
  clip,        ///< restricted to ±limit
  lorentzian,  ///< δ / (δ² + broadening) for the difference δ (Liao, Liu, Wang and Xiang,
               ///< "Differentiable Programming Tensor Networks", Phys. Rev. X 9, 031041, 2019)
  taylor,      ///< the geometric series (1 + q + ... + q^degree) / λ_i, |q| = |λ_j / λ_i| <= 1
  pade         ///< the diagonal Padé approximant of that series, of degree `degree` / 2
};

/// A remedy and its settings. `taylor` and `pade` are those of DifferentiableSVD (Song, Sebe and
/// Wang, "Why Approximate Matrix Square Root Outperforms Accurate SVD in Global Covariance
/// Pooling?", ICCV 2021), with their degree.
///
/// Every Padé approximant of the geometric series whose denominator has a positive degree is
/// 1 / (1 - q) itself: the equations of its denominator 1 + Σ c_k q^k all read 1 + Σ c_k = 0. What
/// is left of the idea is rounding error next to q = 1. The solution of least norm is taken,
/// c_k = -2 / degree.
struct GapTreatment {
  GapRemedy remedy = GapRemedy::plain;
  double limit = 1e10;        ///< of clip
  double broadening = 1e-12;  ///< of lorentzian
  int degree = 100;           ///< of taylor and pade; even

  /// Throws InputError for settings that are not positive, or an odd degree.
  void check() const;

  /// 1 / (a - b), treated. For a = b: infinite (plain), +limit (clip), 0 (lorentzian),
  /// (degree + 1) / a (taylor). Antisymmetric for a != b.
  double reciprocal(double a, double b) const;

  /// 1 / (a² - b²), treated, for a, b >= 0; the difference is formed without squaring.
  double reciprocal_of_squares(double a, double b) const;

  /// True where `clip` changes 1 / (a - b).
  bool limits(double a, double b) const;

 private:
  double series(double ratio) const;
  double approximant(double ratio) const;
  bool by_ratio() const { return remedy == GapRemedy::taylor || remedy == GapRemedy::pade; }
  double from_ratio(double larger, double ratio) const;
  double from_difference(double difference) const;
};

/// By name: plain, clip, lorentzian, taylor, pade. Throws InputError for another one.
GapRemedy gap_remedy(const std::string& name);

}  // namespace eigenprop
