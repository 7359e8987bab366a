#pragma once

#include "graph/operation.hpp"
#include "spectral/scalar_function.hpp"

namespace eigenprop {

/// C = g(Z) of every symmetric matrix of a batch (matrix-backpropagation.txt, Proposition 4), with
/// the exact derivative of Daleckii and Krein: Z̄ = U (L ∘ (Uᵀ sym(C̄) U)) Uᵀ, L_ij the divided
/// difference g[λ_i, λ_j]. The map is its own transpose, and is defined for equal eigenvalues,
/// where the paper's way through dU is not.
///
/// Input: Z (batch, n, n), Scalar; g is applied to (Z + Zᵀ)/2. Output: C, of the same shape.
/// `forward` throws NonFiniteError, or InputError where an eigenvalue leaves g's domain, naming
/// the sample; Error where LAPACK does not converge.
template <class Scalar>
class SymmetricFunction : public Operation {
 public:
  explicit SymmetricFunction(const ScalarFunction& function);
  std::string type() const override { return "symmetric_function"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  void derivative(const Arguments& arguments, const AnyTensor& from, const AnyTensor& to) const;
  ScalarFunction function_;
};

}  // namespace eigenprop
