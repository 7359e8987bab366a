#pragma once

#include <vector>

#include "projector_comparison/tied_blocks.hpp"

namespace eigenprop {

/// A function of the projector of leading eigenvectors, by matrices in full.
struct DenseGradient {
  double value = 0;
  std::vector<double> edges;  ///< gradient, as GraphProblem::edges
};

/// How the eigenvectors' change reaches M:
///  projector     Σ over pairs of a kept and another eigenvalue (Daleckii and Krein)
///  eigenvectors  each eigenvector by itself (matrix-backpropagation.txt, eq. 13): pairs of kept
///                eigenvalues enter too, and cancel but for rounding over their difference
enum class DenseFormula { projector, eigenvectors };

/// Truncated J₁ of k leading eigenvectors (truncated_alignment.hpp) with LAPACK, in double.
DenseGradient dense_alignment(const GraphProblem& problem, int vectors, DenseFormula formula);

/// The same by the projector's formula in long double, with Jacobi's eigenvectors: the reference.
DenseGradient extended_alignment(const GraphProblem& problem, int vectors);

/// tr XᵀPX for the fixed X = Ē, the segments' indicators times D^(1/2), of unit columns.
DenseGradient dense_captured(const GraphProblem& problem, int vectors);

/// Of M, descending, by LAPACK.
std::vector<double> dense_eigenvalues(const GraphProblem& problem);

/// Ē of the problem: (pixels, segments), row-major.
std::vector<double> segment_vectors(const GraphProblem& problem);

}  // namespace eigenprop
