#pragma once

#include <cstdint>
#include <vector>

#include "spectral/scalar_function.hpp"

namespace eigenprop {

/// How the eigenvalues of FᵀF are found.
enum class GramRoute {
  automatic,  ///< gram, and svd for samples whose spectrum is too wide for it
  gram,       ///< eigen-decomposition of FᵀF, or of FFᵀ where F has fewer rows than columns
  svd         ///< singular value decomposition of F, which does not square its condition number
};

/// g(FᵀF + εI) of one m x d matrix F and its derivatives, in host memory, all matrices row-major
/// (matrix-backpropagation.txt, Proposition 3 and Corollary 1).
///
/// With m >= d and FᵀF = V diag(s) Vᵀ, Z = FᵀF + εI, the adjoint is 2F Z̄ with the derivative of
/// Daleckii and Krein, Z̄ = V (L ∘ (Vᵀ sym(C̄) V)) Vᵀ and L_ij = g[s_i + ε, s_j + ε], the divided
/// difference. The paper's own rule goes through dV, whose 1/(σ_i² - σ_j²) are infinite where
/// singular values are equal, and cancel in this product: here they are never formed.
///
/// With m < d, where the paper's rule does not hold, g(FᵀF + εI) = g(ε) I + Fᵀ h(FFᵀ) F for
/// h(s) = g[s + ε, ε]: the d - m eigenvalues ε take part in closed form, and neither the
/// decomposition (m x m) nor the derivative, with h's divided differences
///
///     M_ij = h[s_i, s_j] = g[s_i + ε, s_j + ε, ε],
///
/// needs a singular vector of F that belongs to a value near zero. With FFᵀ = P diag(s) Pᵀ and
/// A = PᵀF the adjoint is F̄ = 2P (h B + (M ∘ BAᵀ) A), B = A sym(C̄). No cost is above O(m d²).
template <class Scalar>
class GramFunction {
 public:
  /// What the derivatives need, with r = min(m, d).
  template <class Element>
  struct Parts {
    Element* vectors;    ///< (r, r): Vᵀ (m >= d) or Pᵀ, one vector a row
    Element* values;     ///< (r): s, not negative
    Element* projected;  ///< (m, d): A; not used where m >= d
  };
  using Frame = Parts<Scalar>;
  using KnownFrame = Parts<const Scalar>;

  /// `spread`: where the route is automatic, largest ratio max(s) / (min(s) + ε) for which the Gram
  /// matrix is used; its eigenvalues carry errors of about the rounding unit times this ratio,
  /// those of a singular value decomposition of its square root.
  GramFunction(const ScalarFunction& function, double epsilon, GramRoute route, double spread,
               int rows, int columns);

  /// Elements of scratch that the functions below need.
  std::int64_t scratch_size() const;

  /// What of `forward` several samples do at once stands between its two halves:
  /// symmetric_eigen of frame.vectors (r, r) into itself and frame.values, where this is true.
  bool decomposes_gram() const { return route_ != GramRoute::svd; }

  /// First half: the smaller Gram matrix into frame.vectors. Throws NonFiniteError for a non-finite
  /// F.
  void begin(const Scalar* f, const Frame& frame) const;

  /// Second half: result (d, d) <- g(FᵀF + εI), and the rest of the frame. Throws Error where
  /// LAPACK does not converge, InputError where an eigenvalue leaves g's domain.
  void finish(const Scalar* f, const Frame& frame, Scalar* result, Scalar* scratch) const;

  /// change (d, d) <- the first-order change of the result for a change of F (m, d).
  void variation(const Scalar* f, const KnownFrame& frame, const Scalar* change_of_f,
                 Scalar* change, Scalar* scratch) const;

  /// adjoint_of_f (m, d) <- the transposed map of an adjoint (d, d), not necessarily symmetric.
  void adjoint(const Scalar* f, const KnownFrame& frame, const Scalar* adjoint,
               Scalar* adjoint_of_f, Scalar* scratch) const;

 private:
  bool tall() const { return m_ >= d_; }
  bool accept_gram(const Scalar* f, const Frame& frame) const;
  void decompose_singular(const Scalar* f, const Frame& frame) const;
  std::vector<double> shifted(const Scalar* values, std::size_t count) const;
  void divided_differences(const Scalar* values, Scalar* table) const;
  void mixed_differences(const Scalar* values, Scalar* first, Scalar* table) const;

  ScalarFunction function_;
  double epsilon_;
  GramRoute route_;
  double spread_;
  int m_;
  int d_;
};

}  // namespace eigenprop
