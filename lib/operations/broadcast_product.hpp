#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// y = x ⊙ s, with s repeated along the leading extents of x: a coefficient for each map (β of
/// convolutional-ncar-supplement.txt, eq. 29), or a table of which maps are connected, in front of
/// the weights of a convolution (M_j of eq. 30).
///
/// Inputs: x (..., extents of s), s, both Scalar. Output: the shape of x. Sums over x in the
/// gradient of s are taken in double.
template <class Scalar>
class BroadcastProduct : public Operation {
 public:
  std::string type() const override { return "broadcast_product"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
