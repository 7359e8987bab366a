#pragma once

#include <cstdint>

#include "spectral/gap_treatment.hpp"
#include "spectral/undetermined_gradient.hpp"

namespace eigenprop {

/// Derivatives of the singular value decomposition X = UΣVᵀ of one m x n matrix, in host memory,
/// all matrices row-major (matrix-backpropagation.txt, Proposition 1).
///
/// With L = U, R = V, Y = X for m >= n, and L = V, R = U, Y = Xᵀ for m < n, Y = L₁ΣRᵀ is p x r with
/// p = max(m, n), r = min(m, n). A full decomposition completes L = (L₁ L₂) to p columns. With
/// P = L₁ᵀ dY R and E_ij = 1/(σ_j² - σ_i²) (the paper's Kᵀ)
///
///     dΣ = diag(P),          dR = R (E ∘ (ΣP + PᵀΣ)),
///     dL₁ = L₁ (E ∘ (PΣ + ΣPᵀ)) + H,   H = (I - L₁L₁ᵀ) dY R Σ⁻¹,          dL₂ = -L₁ Hᵀ L₂,
///
/// where dL₂ is the completion that turns least (the paper's choice): no map X -> L₂ has it as its
/// derivative, but every function of L that does not depend on rotations of L₂ has.
///
/// This is Proposition 1 with its system for A = L₁ᵀdL₁ and B = dRᵀR solved for both. The paper
/// gives A through dL₁ = CΣ⁻¹ (eq. 14), which divides by every σ: it cancels where σ is small,
/// and is infinite for σ = 0 although dL₁ is not (m = n). Here σ alone divides only in H, which
/// vanishes for m = n. E ∘ (ΣP + PᵀΣ) and its twin are sums of a turn of u's and v's together,
/// S_ij / (σ_j - σ_i) with S = (P + Pᵀ)/2, and one against each other, (P - S)_ij / (σ_i + σ_j):
/// only the former meets small differences, and remedies act on it, so that a loss that such turns
/// leave as it is (tr(GᵀUVᵀ)) has its gradient also where all σ are equal. Where U's gradient is
/// zero, eq. 16 and the adjoint here are the same. The paper's rule covers m >= n.
template <class Scalar>
class SingularDerivatives {
 public:
  /// One of U (m, r or m), σ (r) and V (n, r or n) each: the decomposition, changes of it, or
  /// gradients; those may be null.
  template <class Element>
  struct Parts {
    Element* u = nullptr;
    Element* values = nullptr;
    Element* v = nullptr;
  };
  using Known = Parts<const Scalar>;

  SingularDerivatives(const GapTreatment& gaps, int rows, int columns, bool full);

  int u_columns() const { return full_ ? m_ : r_; }
  int v_columns() const { return full_ ? n_ : r_; }

  /// Elements of scratch that each function below needs.
  std::int64_t scratch_size() const;

  /// First-order changes of the parts that are not null, for a change of X (m, n).
  void variation(const Known& at, const Scalar* change_of_x, const Parts<Scalar>& changes,
                 Scalar* scratch) const;

  /// adjoint_of_x (m, n) <- the transposed map. Where neither U nor V has a gradient other than
  /// zero, no difference of singular values is formed.
  void adjoint(const Known& at, const Known& gradients, Scalar* adjoint_of_x,
               Scalar* scratch) const;

  /// Sizes of the gradients and of what of them lies in undetermined directions.
  UndeterminedGradient::Part measure(const Known& at, const Known& gradients,
                                     const UndeterminedGradient& judge, Scalar* scratch) const;

 private:
  bool tall() const { return m_ >= n_; }
  template <class Element>
  Element* left(const Parts<Element>& parts) const {
    return tall() ? parts.u : parts.v;
  }
  template <class Element>
  Element* right(const Parts<Element>& parts) const {
    return tall() ? parts.v : parts.u;
  }
  Scalar inverse(Scalar value) const;
  Scalar together_factor(Scalar si, Scalar sj) const;
  void outside(const Scalar* l, const Scalar* gradient, const Scalar* inside, Scalar* result,
               Scalar* work) const;

  GapTreatment gaps_;
  int m_, n_;
  bool full_;
  int p_, r_;  ///< larger and smaller extent
  int c_;      ///< columns of L
};

}  // namespace eigenprop
