#pragma once

#include <vector>

#include "graph/registry.hpp"

namespace eigenprop {

/// Largest relative mismatch |ȳ : L(dx) − L*(ȳ) : dx| / (‖ȳ‖ ‖L(dx)‖ + ‖L*(ȳ)‖ ‖dx‖) over the
/// differentiable inputs, each varied alone, and all together, for random dx and ȳ. Rounding error
/// for maps that are transposes of each other (DESIGN.md, section 1).
double duality_mismatch(const OperationCase& test, std::uint32_t seed);

/// Taylor remainders R(h) = ‖f(x + h dx) − f(x) − h L(dx)‖ at h, h/2, h/4, h/8, h/16, relative to
/// ‖f(x)‖ + h₀ ‖L(dx)‖ with the first step h₀.
struct TaylorRemainders {
  std::vector<double> steps;
  std::vector<double> remainders;

  /// Smallest order of decrease log2(R(h) / R(h/2)) over those halvings whose remainder is above
  /// `noise`; 2 where all are below it (f is linear). Second order means that L is exact.
  double order(double noise) const;
};

/// The first h is test.taylor_step.
TaylorRemainders taylor_remainders(const OperationCase& test, std::uint32_t seed);

}  // namespace eigenprop
