#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Conversion of precision, y = To(x). The derivative maps convert likewise, so that a cast from
/// double rounds its variation to float and vice versa.
/// Input: any shape, From. Output: the same shape, To.
template <class From, class To>
class Cast : public Operation {
 public:
  std::string type() const override;
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
