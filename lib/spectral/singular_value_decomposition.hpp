#pragma once

#include <memory>

#include "graph/operation.hpp"
#include "spectral/singular_derivatives.hpp"

namespace eigenprop {

struct SingularValueSettings {
  bool u = true;  ///< whether U, Σ and V are outputs, in this order
  bool values = true;
  bool v = true;
  bool full = false;  ///< square U and V instead of min(m, n) columns each
  GapTreatment gaps;
  std::shared_ptr<UndeterminedGradient> observer;  ///< hears of every adjoint; may be null
};

/// Singular value decomposition X = UΣVᵀ of every sample of a batch (matrix-backpropagation.txt,
/// Proposition 1), for m >= n and m < n. Formulas and their differences from the paper's stand at
/// SingularDerivatives.
///
/// Input: X (batch, ..., n), Scalar; the dimensions between are the m rows. Outputs, those asked
/// for: U (batch, m, r), σ (batch, r), descending, V (batch, n, r), with r = min(m, n), or, full,
/// U (batch, m, m) and V (batch, n, n).
///
/// Signs: in every column of V the component of largest magnitude, the first of several, is
/// positive (column_sign); U's columns of the same number follow. Columns that complete U have
/// their own component of largest magnitude positive; they are defined up to a rotation.
///
/// Gradients of U, Σ and V may come together or singly: the gradient of an output that nothing uses
/// is zero, as Execution fills it.
///
/// Throws NonFiniteError, naming the sample counted from 0, for an input, a gradient or a
/// derivative that is not finite (equal singular values make it so, with GapRemedy::plain), and
/// Error where LAPACK does not converge.
template <class Scalar>
class SingularValueDecomposition : public Operation {
 public:
  /// Throws InputError where there is no output, or for bad settings of `gaps`.
  explicit SingularValueDecomposition(const SingularValueSettings& settings = {});
  std::string type() const override { return "singular_value_decomposition"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  SingularDerivatives<Scalar> derivatives_of(const Shape& x) const;
  SingularValueSettings settings_;
};

}  // namespace eigenprop
