#pragma once

#include <functional>
#include <vector>

#include "cuts/span_moments.hpp"

namespace eigenprop {

/// Leading eigenvectors of M = D^(-1/2) W D^(-1/2), W = FΛFᵀ (matrix-backpropagation.txt, eq. 49),
/// for the rows of this rank.
struct LeadingEigenvectors {
  int dimensions = 0;
  std::vector<double> eigenvalues;   ///< (dimensions): descending
  std::vector<double> eigenvectors;  ///< (rows, dimensions): orthonormal over all ranks
  std::vector<double> degrees;       ///< (rows): D_i, raised to the smallest allowed; 0 for rows
                                     ///< that take no part (row_degrees()), as in training
};

struct EigenvectorSettings {
  int dimensions = 0;             ///< eigenvectors that are kept at most; 0: all
  double tolerance = 1e-5;        ///< those whose singular value is below this share of the first
                                  ///< are not: float features carry noise of 1e-7
  double smallest_degree = 1e-6;  ///< positive degrees are raised to this share of their mean
};

/// Eigenvectors through the d x d Gram matrix of A = D^(-1/2) F Λ^(1/2), in O(m d²). Each is signed
/// so that its entries have a sum that is not negative. `lambda`: symmetric positive
/// semi-definite (d, d), or null for the identity. Throws InputError where Λ is not, and
/// NonFiniteError for non-finite features. Collective over `comm`.
LeadingEigenvectors leading_eigenvectors(const FeatureRows& rows, const double* lambda,
                                         const EigenvectorSettings& settings,
                                         const Communicator& comm);

/// F Λ^(1/2) for a symmetric positive semi-definite Λ; negative eigenvalues beyond rounding are an
/// InputError.
std::vector<double> multiply_by_root(const FeatureRows& rows, const double* lambda);

/// What is found of A = D^(-1/2) F.
struct RightSingularVectors {
  std::vector<double> eigenvalues;  ///< σ², descending
  std::vector<double> vectors;      ///< (dimensions, d)
};
using RightSingularSolver = std::function<RightSingularVectors(const FeatureRows& rows,
                                                               const std::vector<double>& degrees)>;

/// leading_eigenvectors() by a solver of choice, which gets the rows of F Λ^(1/2) with their raised
/// degrees: U = A V Σ⁻¹, signed as there. Collective over `comm`.
LeadingEigenvectors leading_eigenvectors_by(const RightSingularSolver& solve,
                                            const FeatureRows& rows, const double* lambda,
                                            double smallest_degree, const Communicator& comm);

}  // namespace eigenprop
