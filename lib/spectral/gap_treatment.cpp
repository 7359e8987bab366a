#include "spectral/gap_treatment.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"

namespace eigenprop {

void GapTreatment::check() const {
  require(limit > 0 && broadening > 0,
          "the limit and the broadening of small differences of eigenvalues must be positive");
  require(
      degree >= 2 && degree % 2 == 0,
      "the degree of the series for small differences of eigenvalues must be even and positive");
}

double GapTreatment::series(double ratio) const {
  double sum = 1;
  for (int k = 0; k < degree; ++k) sum = 1 + ratio * sum;
  return sum;
}

// Denominator 1 - (q + ... + q^n) / n and numerator Σ (1 - k/n) q^k, both of degree n.
double GapTreatment::approximant(double ratio) const {
  const int n = degree / 2;
  const double c = -1.0 / n;
  double denominator = 0;
  double numerator = 0;
  for (int k = n; k > 0; --k) {
    denominator = (denominator + c) * ratio;
    numerator = (numerator + 1 + k * c) * ratio;
  }
  return (numerator + 1) / (denominator + 1);
}

double GapTreatment::from_ratio(double larger, double ratio) const {
  return (remedy == GapRemedy::taylor ? series(ratio) : approximant(ratio)) / larger;
}

double GapTreatment::from_difference(double difference) const {
  if (remedy == GapRemedy::clip) return std::clamp(1 / difference, -limit, limit);
  if (remedy == GapRemedy::lorentzian) return difference / (difference * difference + broadening);
  return 1 / difference;
}

double GapTreatment::reciprocal(double a, double b) const {
  if (!by_ratio()) return from_difference(a - b);
  return std::abs(a) >= std::abs(b) ? from_ratio(a, b / a) : -from_ratio(b, a / b);
}

double GapTreatment::reciprocal_of_squares(double a, double b) const {
  if (!by_ratio()) return from_difference((a - b) * (a + b));
  return a >= b ? from_ratio(a * a, (b / a) * (b / a)) : -from_ratio(b * b, (a / b) * (a / b));
}

bool GapTreatment::limits(double a, double b) const {
  return remedy == GapRemedy::clip && std::abs(a - b) < 1 / limit;
}

GapRemedy gap_remedy(const std::string& name) {
  if (name == "plain") return GapRemedy::plain;
  if (name == "clip") return GapRemedy::clip;
  if (name == "lorentzian") return GapRemedy::lorentzian;
  if (name == "taylor") return GapRemedy::taylor;
  if (name == "pade") return GapRemedy::pade;
  throw InputError("there is no remedy '" + name +
                   "' for small differences of eigenvalues; there are: plain, clip, lorentzian, "
                   "taylor, pade");
}

}  // namespace eigenprop
