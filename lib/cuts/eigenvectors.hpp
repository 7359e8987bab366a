#pragma once

#include <vector>

#include "cuts/span_moments.hpp"

namespace eigenprop {

/// Leading eigenvectors of M = D^(-1/2) W D^(-1/2), W = FΛFᵀ (matrix-backpropagation.txt, eq. 49),
/// for the rows of this rank.
struct LeadingEigenvectors {
  int dimensions = 0;
  std::vector<double> eigenvalues;   ///< (dimensions): descending
  std::vector<double> eigenvectors;  ///< (rows, dimensions): orthonormal over all ranks
  std::vector<double> degrees;       ///< (rows): D_i, raised to the smallest allowed
};

struct EigenvectorSettings {
  int dimensions = 0;             ///< eigenvectors that are kept at most; 0: all
  double tolerance = 1e-5;        ///< those whose singular value is below this share of the first
                                  ///< are not: float features carry noise of 1e-7
  double smallest_degree = 1e-6;  ///< degrees are raised to this share of their mean, so that rows
                                  ///< of zero or negative degree stay finite
};

/// Eigenvectors through the d x d Gram matrix of A = D^(-1/2) F Λ^(1/2), in O(m d²). Each is signed
/// so that its entries have a sum that is not negative. `lambda`: symmetric positive
/// semi-definite (d, d), or null for the identity. Throws InputError where Λ is not, and
/// NonFiniteError for non-finite features. Collective over `comm`.
LeadingEigenvectors leading_eigenvectors(const FeatureRows& rows, const double* lambda,
                                         const EigenvectorSettings& settings,
                                         const Communicator& comm);

/// Degrees of W = FFᵀ, raised to `smallest` times their mean, or 1 where that is not positive.
/// Collective over `comm`.
std::vector<double> raised_degrees(const FeatureRows& rows, double smallest,
                                   const Communicator& comm);

/// F Λ^(1/2) for a symmetric positive semi-definite Λ; negative eigenvalues beyond rounding are an
/// InputError.
std::vector<double> multiply_by_root(const FeatureRows& rows, const double* lambda);

/// Fills leading.eigenvectors with U = A V Σ⁻¹, A = D^(-1/2) F, signed as above, from its
/// degrees, eigenvalues σ² and dimensions, and A's right singular vectors (dimensions, d).
/// Collective.
void set_eigenvectors(const FeatureRows& rows, const std::vector<double>& right_vectors,
                      LeadingEigenvectors& leading, const Communicator& comm);

}  // namespace eigenprop
