#pragma once

#include <vector>

#include "graph/registry.hpp"

namespace eigenprop {

/// Largest relative mismatch |ȳ : L(dx) − L*(ȳ) : dx| / (‖ȳ‖ ‖L(dx)‖ + ‖L*(ȳ)‖ ‖dx‖) for random dx
/// and ȳ: each differentiable input varied alone, where the others need no adjoint, and all
/// together; each output alone, where the others have a zero adjoint, and all together. Rounding
/// error for maps that are transposes of each other (DESIGN.md, section 1). Maps that are both zero
/// are; taylor_remainders() sees them.
double duality_mismatch(const OperationCase& test, std::uint32_t seed);

/// Taylor remainders R(h) = ‖f(x + h dx) − f(x) − h L(dx)‖ of one output at h₀, h₀/2, ..., h₀/512,
/// relative to ‖f(x)‖ + max(‖h₀ L(dx)‖, ‖f(x + h₀ dx) − f(x)‖).
struct TaylorRemainders {
  std::vector<std::size_t> varied;  ///< the inputs in dx
  std::size_t output = 0;           ///< place among the outputs that are real numbers
  std::vector<double> steps;
  std::vector<double> remainders;
  /// ‖f(x + h₀ dx) − f(x)‖, relative likewise. Where it is no more than noise, the remainders tell
  /// nothing of L.
  double change = 0;

  /// Smallest order of decrease log2(R(h) / R(h/2)) over those halvings whose remainder is above
  /// `noise`; 2 where all are below it (f is linear), minus infinity where one is not finite.
  /// Second order means that L is exact.
  double order(double noise) const;
};

/// Of every output: for each differentiable input varied alone, and for all together. The first
/// step h₀ is test.taylor_step.
std::vector<TaylorRemainders> taylor_remainders(const OperationCase& test, std::uint32_t seed);

}  // namespace eigenprop
