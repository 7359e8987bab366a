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
  /// tests/cuts/test_alignment.cpp), hence 1e-10 at the boundary.
  double gram_condition = 1e3;
};

/// The whitening Σ⁻¹Vᵀ of A = U Σ Vᵀ, for A = F or A = D^(-1/2)F: U = A V Σ⁻¹ is an orthonormal
/// basis of A's range, and (AᵀA)⁺ = (Σ⁻¹Vᵀ)ᵀ Σ⁻¹Vᵀ. The product itself is never formed: its entries
/// would cancel as κ², where those of the factor cancel as κ.
struct SpanInverse {
  int rank = 0;
  bool used_qr = false;
  std::vector<double> singular_values;  ///< (rank): of A, descending
  std::vector<double> whitening;        ///< (rank, d): rows v_jᵀ / σ_j
};

/// `gram`: AᵀA from span_moments over the same rows; `degrees` as there. Exactly zero columns of A
/// do not force the slower way. Throws NonFiniteError where F is not finite. Collective over
/// `comm`.
SpanInverse span_inverse(const FeatureRows& rows, const double* degrees,
                         const std::vector<double>& gram, const RankSettings& settings,
                         const Communicator& comm);

}  // namespace eigenprop
