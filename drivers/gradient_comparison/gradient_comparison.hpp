#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/tensor.hpp"

namespace eigenprop {

/// The experiment of gradient errors near equal singular values: second-order pooling
/// g(FᵀF + εI) by every way this room has, against extended_pooling_gradient.

/// Names of the ways to g = "log" or "sqrt"; throws InputError for another g:
///  exact                  SecondOrderPooling
///  svd, eig               the paper's formulas (pool_by_singular_values, pool_by_eigenvalues)
///  svd_R, eig_R           these with remedy R: clip, lorentzian, taylor, pade
///  newton_schulz_N        NewtonSchulzRoot with N = 5 and 15 iterations; sqrt only
std::vector<std::string> pooling_ways(const std::string& function);

/// What is differentiated: F (m, d) and the gradient C̄ (d, d) that arrives, row-major.
struct PoolingProblem {
  int m = 0;
  int d = 0;
  std::vector<double> features;
  std::vector<double> adjoint;  ///< normal random numbers
  std::string function = "log";
  double epsilon = 1e-3;
};

/// A problem whose features have exactly the singular values `values` (min(m, d) of them), as far
/// as sums of them are exact in double: F = HₘΣH_d / √(md) with Hadamard matrices whose rows and
/// columns have random order and signs. The seed and `sample` determine order, signs and C̄. Throws
/// InputError unless m and d are powers of 2, and md is one of 4.
PoolingProblem hadamard_problem(int m, int d, const std::vector<double>& values, std::uint32_t seed,
                                std::uint32_t sample);

/// d values in pairs σ, σ (1 + gap), σ = 1, 3/2, 2, 3, 4, 6, ... For d <= 16 hadamard_problem is
/// exact for powers of two down to 2⁻⁴⁴, and zero.
std::vector<double> paired_values(int d, double gap);

/// d values whose squares run from `condition` ε down to ε in geometric progression: the condition
/// number of FᵀF + εI is (condition + 1) / 2.
std::vector<double> spread_values(int d, double condition, double epsilon);

/// ‖F̄ - reference‖ / ‖reference‖ in the Frobenius norm for the gradient F̄ by `way`, computed in
/// `precision`; NaN where the way fails: a derivative that is not finite, or, in float, rounding
/// that makes an eigenvalue negative.
double gradient_error(const PoolingProblem& problem, const std::string& way, Precision precision,
                      const std::vector<double>& reference);

}  // namespace eigenprop
