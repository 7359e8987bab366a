#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Sum of all elements, accumulated in double. Input: any shape, Scalar. Output: double (1).
template <class Scalar>
class Sum : public Operation {
 public:
  std::string type() const override { return "sum"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
