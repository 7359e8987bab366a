#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Rectified linear unit y = max(x, 0), element by element; derivative 0 at x = 0. A NaN stays one.
/// Input: any shape, Scalar. Output: the same shape.
template <class Scalar>
class Relu : public Operation {
 public:
  std::string type() const override { return "relu"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
