#pragma once

#include <vector>

#include "cuts/span_moments.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

struct RankSettings {
  /// Singular values of F (or D^(-1/2)F) up to `tolerance` times the largest count as zero. A value
  /// <= 0 stands for max(m, d) machine epsilons, as in numpy's matrix_rank. Features that came
  /// through single precision justify 1e-6.
  double tolerance = 0;
  /// The d x d Gram matrix gives the spectrum while every singular value that counts is above
  /// 1 / gram_condition of the largest; beyond, a tall-skinny QR does. The Gram matrix squares the
  /// condition number κ: its relative error is about 1e-16 κ² against 1e-16 κ by QR (measured in
  /// tests/cuts/test_alignment.cpp), hence 1e-10 at the boundary. Of Π_ε singular
  /// values far below ε σ₁ need not be exact.
  double gram_condition = 1e3;
  /// Of the regularized projector Π_ε = A (AᵀA + ε²σ²I)⁻¹Aᵀ, as a share of the scale σ of A's
  /// singular values; 0: the orthogonal projector AA⁺. Singular values up to ε σ₁ then do not
  /// count.
  double epsilon = 0;
};

/// Singular values and right vectors of A = U Σ Vᵀ, for A = F or A = D^(-1/2)F. With any weights
/// g_j of the directions, A V diag(g) Vᵀ Aᵀ is a function of AAᵀ; those of directions that count,
/// g_j = 1/σ_j², give the orthogonal projector AA⁺.
struct SpanSpectrum {
  int rank = 0;  ///< of those that count: above the tolerance and ε
  bool used_qr = false;
  std::vector<double> singular_values;  ///< (d): descending
  std::vector<double> vectors;          ///< (d, d): rows v_j
};

/// `gram`: AᵀA from span_moments over the same rows; `degrees` as there. Exactly zero columns of A
/// do not force the slower way. Throws NonFiniteError where F is not finite. Collective over
/// `comm`.
SpanSpectrum span_spectrum(const FeatureRows& rows, const double* degrees,
                           const std::vector<double>& gram, const RankSettings& settings,
                           const Communicator& comm);

}  // namespace eigenprop
