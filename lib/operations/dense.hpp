#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Affine map of rows, y = x W + bias. Inputs: x (..., c), W (c, n) and, optionally, bias (n), all
/// Scalar.
/// Output: (..., n). Sums over rows in the gradients are taken in double.
template <class Scalar>
class Dense : public Operation {
 public:
  std::string type() const override { return "dense"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
