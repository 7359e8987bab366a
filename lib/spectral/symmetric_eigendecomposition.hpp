#pragma once

#include <memory>

#include "graph/operation.hpp"
#include "spectral/gap_treatment.hpp"
#include "spectral/undetermined_gradient.hpp"

namespace eigenprop {

struct EigenvectorSettings {
  GapTreatment gaps;
  std::shared_ptr<UndeterminedGradient> observer;  ///< hears of every adjoint; may be null
};

/// Eigen-decomposition Z = UQUᵀ of every symmetric matrix of a batch (matrix-backpropagation.txt,
/// Proposition 2): with K̃ᵀ_ij = 1/(λ_j - λ_i),
///
///     dQ = diag(Uᵀ dZ U),   dU = U (K̃ᵀ ∘ (Uᵀ dZ U)),   Z̄ = U sym(K̃ᵀ ∘ (UᵀŪ) + Q̄) Uᵀ.
///
/// Input: Z (batch, n, n), Scalar; (Z + Zᵀ)/2 is decomposed. Outputs: U (batch, n, n), eigenvectors
/// as columns, and λ (batch, n), ascending. The component of largest magnitude of every
/// eigenvector, the first of several, is positive (column_sign).
///
/// Slips of the paper: eq. 35 is the gradient for a dZ without symmetry; for symmetric matrices
/// only its symmetric part is one, as written above. Eq. 33 prints K where eq. 38 has K̃, and eq.
/// 32 a dagger where the transpose is meant.
///
/// Throws NonFiniteError, naming the sample counted from 0, for an input, a gradient or a
/// derivative that is not finite (equal eigenvalues make it so, with GapRemedy::plain, unless U's
/// gradient is zero), and Error where LAPACK does not converge.
template <class Scalar>
class SymmetricEigendecomposition : public Operation {
 public:
  /// Throws InputError for bad settings of `gaps`.
  explicit SymmetricEigendecomposition(const EigenvectorSettings& settings = {});
  std::string type() const override { return "symmetric_eigendecomposition"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  EigenvectorSettings settings_;
};

}  // namespace eigenprop
