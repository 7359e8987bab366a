#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// y = Σ_i c_i x_i with fixed coefficients, of tensors of one shape. Inputs: as many as there are
/// coefficients, Scalar. Output: that shape.
template <class Scalar>
class LinearCombination : public Operation {
 public:
  /// Throws InputError without a coefficient.
  explicit LinearCombination(std::vector<double> coefficients);
  std::string type() const override { return "linear_combination"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  std::vector<double> coefficients_;
};

}  // namespace eigenprop
