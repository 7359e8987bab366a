#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Concatenation along the last dimension (channels).
/// Inputs: one or more tensors (..., c_i), Scalar, alike but for c_i. Output: (..., Σ c_i).
template <class Scalar>
class Concatenate : public Operation {
 public:
  std::string type() const override { return "concatenate"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
