#pragma once

#include <string>
#include <vector>

#include "cuts/span_moments.hpp"
#include "cuts/span_spectrum.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// Objectives that align the range of W = FΛFᵀ with a segmentation E
/// (matrix-backpropagation.txt, section 6).
enum class AlignmentObjective {
  j1,  ///< ½‖Π_M − Π_Ω‖²_F, eq. 50, with M = D^(-1/2) W D^(-1/2) and Ω = D^(1/2) E Eᵀ D^(1/2)
  j2   ///< ½‖Π_W − Ψ‖²_F, eq. 59, with Ψ = E (EᵀE)⁻¹ Eᵀ
};

/// Value of an alignment, with what its derivatives need: everything of size d and k.
///
/// With A = F, mass 1 for J₂ and A = D^(-1/2)F, mass D_i for J₁, both objectives are functions of
/// the d x d matrix AᵀA, of the segments' sums S_s of rows of F, and of their masses n_s only,
/// because (D^(-1/2)F)ᵀ D^(1/2)E = FᵀE:
///
///     ‖QᵀĒ‖² = Σ_s S_sᵀ (AᵀA)⁺ S_s / n_s,      J = (rank + k)/2 − ‖QᵀĒ‖²
///
/// with Q an orthonormal basis of A's range and Ē the normalized indicator. For several annotators
/// ‖QᵀĒ‖² becomes its mean over them; J₂'s constant is that of Ψ = mean of the annotators'
/// projectors, ½‖Π_W − Ψ‖² exactly; J₁ is the mean of the annotators' objectives, since each has
/// its own Ω.
///
/// With ε > 0 (RankSettings) the projector is replaced by the regularized one,
///
///     Π_ε = A (AᵀA + δI)⁻¹ Aᵀ,  δ = ε²σ²,  with eigenvalues h_j = σ_j² / (σ_j² + δ) in [0, 1):
///     J_ε = ½‖Π_ε − Ψ‖² = ½ Σ_j h_j² + k/2 − Σ_s S_sᵀ (AᵀA + δI)⁻¹ S_s / n_s,
///
/// which tends to J for ε -> 0 (Lemma 1). It has a gradient in σ_j where J has none: a direction of
/// which a share q_j lies in the segments' space is drawn to h_j = q_j, so that those of no use
/// shrink and tr Π_ε, the effective rank, can fall. The scale σ is A's largest singular value, and
/// its derivative is part of all maps; for J₁ it is the eigenvalue 1 of M, the largest where W has
/// no negative entry, a constant. Where the largest singular value of F is a multiple one, J_ε of
/// J₂ has a kink, and the gradient is one of its subgradients.
///
/// Lemma 2 is about projectors, thus about the one of the singular vectors above ε σ₁, to which
/// rank_w, projector_value and bound_holds belong. (Of J_ε itself follows less: by Hoffman and
/// Wielandt Σ_j (h_j − [j <= k])² <= 2 J_ε for one annotator, so that J_ε < 1/8 equates k and the
/// number of h_j above 1/2, that is of σ_j above ε σ.)
struct Alignment {
  double value = 0;            ///< J, or J_ε
  double projector_value = 0;  ///< J of the singular vectors that count; value, where ε = 0
  double effective_rank = 0;   ///< tr Π_ε; rank_w, where ε = 0
  double epsilon_derivative = 0;
  int rank_w = 0;            ///< singular values of A above the tolerance and ε σ₁
  int rank_e = 0;            ///< segments that occur, summed over annotators
  bool bound_holds = false;  ///< projector_value < 1/2, where Lemma 2 (eq. 66) equates the ranks
  bool used_qr = false;
  std::vector<double> degrees;   ///< J₁: D_i of the own rows
  std::vector<double> row_sums;  ///< J₁: t = Fᵀ1 (d)
  SpanMoments moments;
  std::vector<double> targets;   ///< (total, d): p_s = (AᵀA)⁺ S_s, or (AᵀA + δI)⁻¹ S_s
  std::vector<double> energies;  ///< (total): S_sᵀ p_s
  std::vector<double> curvature;  ///< (d, d): H = ∂J/∂(AᵀA), for ε = 0 the mean over annotators of
                                  ///< Σ_s p_s p_sᵀ / n_s
};

/// Aligns the rows of all ranks. `lambda`: the symmetric, nonsingular d x d matrix Λ, or null for
/// the identity; J₂ does not depend on it. Throws InputError for a singular Λ, for any Λ where
/// ε > 0 (Π_ε belongs to W = FFᵀ: give F Λ^(1/2)), and for ε that is negative or not finite;
/// NonFiniteError for non-finite features. Collective over `comm`.
Alignment align(AlignmentObjective objective, const FeatureRows& rows, const double* lambda,
                const Segmentations& segmentations, const RankSettings& settings,
                const Communicator& comm);

/// tr Π_ε of the rows of all ranks, without segmentations; of W = FΛFᵀ give the rows of F Λ^(1/2).
/// Throws InputError unless ε is positive and finite. Collective over `comm`.
double effective_rank(AlignmentObjective objective, const FeatureRows& rows,
                      const RankSettings& settings, const Communicator& comm);

/// Gradients of the value: in the own rows of F into `d_rows` (rows, d), in Λ, the same on all
/// ranks, into `d_lambda` (d, d) where not null (zero for J₂). Collective over `comm`.
///
/// Slips of the paper, shown by the derivative checks. Lemma 1 and with it eq. 60 give the
/// derivative for a variation dW that is symmetric; −2(I − Π_W) Π_Ψ W⁺ is not a symmetric matrix,
/// and only its symmetric part may enter eq. 65. Eq. 61 carries the sign −2 before
/// (Π_W − Π_Ψ), where Lemma 1 has +2; eq. 60 is right again. In the proof of Π_W's idempotency
/// the last line prints D^(-1/2) where D^(1/2) stands. Eq. 56-57 hold for dD = [dW 1] with a
/// symmetric dW.
void alignment_gradient(AlignmentObjective objective, const Alignment& alignment,
                        const FeatureRows& rows, const double* lambda,
                        const Segmentations& segmentations, double scale, double* d_rows,
                        double* d_lambda, const Communicator& comm);

/// First-order change of the value for a change of the rows and of Λ (each may be null), the same
/// on all ranks. Written without the gradient, from the changes of the moments. Collective.
double alignment_variation(AlignmentObjective objective, const Alignment& alignment,
                           const FeatureRows& rows, const double* lambda,
                           const Segmentations& segmentations, const double* change_of_rows,
                           const double* change_of_lambda, const Communicator& comm);

}  // namespace eigenprop
