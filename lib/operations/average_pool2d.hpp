#pragma once

#include "graph/operation.hpp"
#include "operations/pooling.hpp"

namespace eigenprop {

/// Mean over windows, of the positions inside the image only (PyTorch: count_include_pad=False).
/// Input: (b, h, w, c), Scalar. Output: (b, h', w', c), see pooled_extent.
template <class Scalar>
class AveragePool2d : public Operation {
 public:
  explicit AveragePool2d(const PoolSettings& settings);
  std::string type() const override { return "average_pool2d"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  PoolSettings settings_;
};

}  // namespace eigenprop
