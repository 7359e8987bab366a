#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

struct ProjectorSettings {
  /// Eigenvalues of magnitude above `tolerance` times the largest span the range; 0 stands for n
  /// times the unit rounding error of the element type.
  double tolerance = 0;
};

/// Orthogonal projector Π = AA⁺ on the range of every symmetric matrix of a batch
/// (matrix-backpropagation.txt, Lemma 1). With the eigenvectors u_i of the range and u_j of the
/// rest, sym(·) restricted to the pairs (i, j),
///
///     dΠ = 2 sym(Σ_ij u_j (u_jᵀ dA u_i) / (λ_i - λ_j) u_iᵀ),
///
/// the derivative of the spectral projector that is computed, also where the eigenvalues λ_j below
/// the tolerance are not exactly zero. For λ_j = 0 it is Lemma 1, dΠ = 2 sym((I - Π) dA A⁺), and
/// the adjoint Ā = 2 sym((I - Π) sym(Π̄) A⁺).
///
/// Π jumps where an eigenvalue crosses the tolerance: the derivative holds for changes that keep
/// the rank. Eq. 52 leaves out the outer symmetric part: 2 (I - Π) sym(Π̄) A⁺ is no symmetric
/// matrix, and only its symmetric part is the gradient on symmetric matrices.
///
/// Input: A (batch, n, n), Scalar; (A + Aᵀ)/2 is used. Outputs: Π, of the same shape, and the rank
/// (batch), int32, without derivative. Throws NonFiniteError, naming the sample counted from 0, for
/// an input or a gradient that is not finite, Error where LAPACK does not converge.
template <class Scalar>
class RangeProjector : public Operation {
 public:
  /// Throws InputError for a tolerance outside [0, 1).
  explicit RangeProjector(const ProjectorSettings& settings = {});
  std::string type() const override { return "range_projector"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  void derivative(const Arguments& arguments, const AnyTensor& from, const AnyTensor& to) const;
  bool in_range(int n, const Scalar* values, int i) const;
  ProjectorSettings settings_;
};

}  // namespace eigenprop
