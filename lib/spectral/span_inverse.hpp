#pragma once

#include <vector>

#include "runtime/communicator.hpp"
#include "spectral/span_moments.hpp"

namespace eigenprop {

struct RankSettings {
  /// Singular values of F (or D^(-1/2)F) up to `tolerance` times the largest count as zero. A value
  /// <= 0 stands for max(m, d) machine epsilons, as in numpy's matrix_rank. Features that came
  /// through single precision justify 1e-6.
  double tolerance = 0;
  /// The d x d Gram matrix gives the spectrum while every singular value that counts is above
  /// 1 / gram_condition of the largest; beyond, a tall-skinny QR does. The Gram matrix squares the
  /// condition number κ: its relative error is about 1e-16 κ² against 1e-16 κ by QR (measured in
  /// tests/spectral/test_span_inverse.cpp), hence 1e-10 at the boundary.
  double gram_condition = 1e3;
};

/// The pseudo-inverse (AᵀA)⁺ for A = F or A = D^(-1/2)F, and through it the projector
/// Π = A (AᵀA)⁺ Aᵀ onto A's range.
struct SpanInverse {
  int rank = 0;
  bool used_qr = false;
  std::vector<double> inverse;          ///< (d, d): (AᵀA)⁺
  std::vector<double> singular_values;  ///< (rank): of A, descending
  std::vector<double> right_vectors;    ///< (rank, d): rows v_jᵀ of Vᵀ in A = U Σ Vᵀ
};

/// `gram`: AᵀA from span_moments over the same rows; `degrees` as there. Exactly zero columns of A
/// do not force the slower way. Throws NonFiniteError where F is not finite. Collective over
/// `comm`.
SpanInverse span_inverse(const FeatureRows& rows, const double* degrees,
                         const std::vector<double>& gram, const RankSettings& settings,
                         const Communicator& comm);

}  // namespace eigenprop
