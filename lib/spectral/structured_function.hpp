#pragma once

#include "graph/graph.hpp"
#include "spectral/scalar_function.hpp"
#include "spectral/singular_value_decomposition.hpp"
#include "spectral/symmetric_eigendecomposition.hpp"

namespace eigenprop {

/// C = V diag(w(σ)) Vᵀ of values σ and vectors V that are independent inputs: what the matrix
/// function layers of the paper have in common. Where V has fewer columns than rows (n x c, c < n),
/// C = w₀ I + V diag(w(σ) - w₀) Vᵀ, with the weight w₀ of a zero value for the directions that V
/// leaves out.
///
/// Inputs: σ (batch, r), V (batch, n, c), Scalar, r <= c <= n; the values of columns beyond r are
/// zero. Output: C (batch, n, n), symmetric, Scalar. With S = sym(C̄)
///
///     dC = 2 sym((dV diag(w) + V diag(w' dσ) / 2) Vᵀ),   V̄ = 2 S V diag(w),
///     σ̄ = w' ∘ diag(VᵀSV)
///
/// (w - w₀ for w where c < n). Throws InputError that names the sample where a value leaves the
/// domain of the function, NonFiniteError where the result or a gradient is not finite.
template <class Scalar>
class VectorFunction : public Operation {
 public:
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 protected:
  /// Weight w, w - w₀, and derivative w' of one value.
  struct Weight {
    double value, above_zero, derivative;
  };
  virtual Weight weight(double value) const = 0;

 private:
  void weights(int r, int c, int n, const Scalar* values, Scalar* w, Scalar* derivative) const;
};

/// SVD matrix function C = V g(ΣᵀΣ + εI) Vᵀ (matrix-backpropagation.txt, Proposition 3, eq. 40 and
/// 41): w = g(σ² + ε), w' = 2σ g'(σ² + ε). For m >= n this is the paper's; its rule for m < n,
/// which the paper leaves open, is the case c < n above, or a full V.
///
/// Slip of the paper: the first line of the proof has V where Vᵀ must stand in dV g(...) V.
template <class Scalar>
class SingularValueFunction : public VectorFunction<Scalar> {
 public:
  /// Throws InputError where ε is outside g's domain.
  SingularValueFunction(const ScalarFunction& function, double epsilon);
  std::string type() const override { return "singular_value_function"; }

 protected:
  typename VectorFunction<Scalar>::Weight weight(double value) const override;

 private:
  ScalarFunction function_;
  double epsilon_;
};

/// EIG matrix function C = U g(Q) Uᵀ (matrix-backpropagation.txt, Proposition 4, eq. 44 and 45):
/// w = g(λ), w' = g'(λ). U must be square, n x n.
template <class Scalar>
class EigenvalueFunction : public VectorFunction<Scalar> {
 public:
  explicit EigenvalueFunction(const ScalarFunction& function);
  std::string type() const override { return "eigenvalue_function"; }
  /// Also throws InputError where U is not square.
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;

 protected:
  typename VectorFunction<Scalar>::Weight weight(double value) const override;

 private:
  ScalarFunction function_;
};

/// g(FᵀF + εI) composed of the layers of the paper (matrix-backpropagation.txt, Corollary 1), with
/// its derivatives, which blow up where two values are close. SecondOrderPooling is the operation
/// for use; these are for comparing with it. `features`: (batch, ..., d), Scalar, as there; the
/// result is (batch, d, d). The layers are called NAME/..., the last one NAME.

/// DeepO₂P-SVD, eq. 46: singular value decomposition of F, then SingularValueFunction. Which
/// outputs the decomposition has is set here.
template <class Scalar>
Value pool_by_singular_values(Graph& graph, const std::string& name, Value features,
                              const ScalarFunction& function, double epsilon,
                              const SingularValueSettings& settings = {});

/// DeepO₂P-EIG, eq. 47: Z = FᵀF + εI, its eigen-decomposition, then EigenvalueFunction.
template <class Scalar>
Value pool_by_eigenvalues(Graph& graph, const std::string& name, Value features,
                          const ScalarFunction& function, double epsilon,
                          const EigenvectorSettings& settings = {});

}  // namespace eigenprop
