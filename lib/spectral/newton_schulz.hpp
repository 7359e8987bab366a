#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

struct NewtonSchulzSettings {
  /// What the matrix is divided by first, so that the iteration converges.
  enum class Normalization { trace, frobenius };
  Normalization normalization = Normalization::trace;
  int iterations = 5;  ///< the number that Li et al. train with
};

/// Square root of every symmetric positive definite matrix of a batch by the coupled iteration of
/// Newton and Schulz (Higham, "Functions of Matrices", 2008, eq. 6.35), as Li, Xie, Wang and Gao,
/// "Towards Faster Training of Global Covariance Pooling Networks by Iterative Matrix Square Root
/// Normalization", CVPR 2018, use it:
///
///     Y₀ = A / t, Z₀ = I;   T_k = (3I - Z_k Y_k) / 2,  Y_{k+1} = Y_k T_k,  Z_{k+1} = T_k Z_k;
///     C = √t Y_N,   t = tr A or ‖A‖_F.
///
/// No eigenvector occurs, so that equal eigenvalues do no harm. After few iterations C is not yet
/// √A in directions whose eigenvalues are far below t: Y's grow from λ/t to √(λ/t) by at most 3/2 a
/// step. The derivatives are those of the iteration as it runs, exact for any number of steps.
///
/// Input: A (batch, n, n), Scalar; (A + Aᵀ)/2 is used. Output: C, of the same shape. Throws
/// InputError, naming the sample counted from 0, where t is not positive, NonFiniteError where the
/// input, the result or a gradient is not finite (the iteration diverges for an indefinite A).
template <class Scalar>
class NewtonSchulzRoot : public Operation {
 public:
  /// Throws InputError where there is no iteration.
  explicit NewtonSchulzRoot(const NewtonSchulzSettings& settings = {});
  std::string type() const override { return "newton_schulz_root"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  double norm(int n, const Scalar* symmetric) const;
  NewtonSchulzSettings settings_;
};

}  // namespace eigenprop
