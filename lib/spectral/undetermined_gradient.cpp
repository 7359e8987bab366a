#include "spectral/undetermined_gradient.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

double share_of_part(const UndeterminedGradient::Part& part) {
  return part.total > 0 ? std::sqrt(part.undetermined / part.total) : 0;
}

}  // namespace

UndeterminedGradient::UndeterminedGradient(double tolerance) : tolerance_(tolerance) {
  require(tolerance >= 0, "the tolerance for equal values must not be negative");
}

bool UndeterminedGradient::equal(double a, double b, double largest) const {
  return std::abs(a - b) <= tolerance_ * largest;
}

void UndeterminedGradient::add(const std::vector<Part>& samples) {
  for (const auto& part : samples) {
    sum_.undetermined += part.undetermined;
    sum_.total += part.total;
    sum_.pairs += part.pairs;
    largest_share_ = std::max(largest_share_, share_of_part(part));
    ++samples_;
    if (part.pairs > 0) ++samples_with_pairs_;
  }
}

double UndeterminedGradient::share() const { return share_of_part(sum_); }

void UndeterminedGradient::reset() { *this = UndeterminedGradient(tolerance_); }

}  // namespace eigenprop
