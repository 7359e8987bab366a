#pragma once

#include "cuts/graph_spectrum.hpp"
#include "projector_comparison/dense_projector.hpp"

namespace eigenprop {

/// The truncated J₁ and its gradient by GraphCutsAlignment: eigenvectors by filtered subspaces, the
/// adjoint by KSP, to relative residuals.
struct SolvedGradient {
  DenseGradient gradient;
  double gap = 0;
  int products = 0;
  int adjoint_iterations = 0;
  double adjoint_residual = 0;
};
SolvedGradient solved_alignment(const GraphProblem& problem, int vectors, double tolerance,
                                double adjoint_tolerance);

/// tr XᵀPX and its gradient for the fixed X = segment_vectors(problem), with seconds and products
/// of M of forward and adjoint map, the latter with blocks of `columns`.
struct CapturedGradient {
  DenseGradient gradient;
  double forward_seconds = 0, adjoint_seconds = 0;
  int forward_products = 0, adjoint_products = 0;
  int columns = 0;
};

/// P of the k leading eigenvectors: eigenpairs, projected systems. An iteration of the systems
/// counts as one product, its V-cycle not. `repetitions`: of which the fastest is told.
CapturedGradient projector_captured(const GraphProblem& problem, int vectors,
                                    const GraphSpectrumSettings& settings, int repetitions);

/// f(M) in place of P: SpectralFilter with its step of `width` at `cut`.
CapturedGradient filter_captured(const GraphProblem& problem, int degree, double cut, double width,
                                 int repetitions);

/// ‖a − b‖ / ‖b‖; NaN where an element of a is not finite.
double relative_error(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace eigenprop
