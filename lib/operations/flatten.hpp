#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// (b, ...) to (b, everything else), elements in their order.
template <class Scalar>
class Flatten : public Operation {
 public:
  std::string type() const override { return "flatten"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
