#pragma once

#include "graph/operation.hpp"
#include "operations/pooling.hpp"

namespace eigenprop {

/// Lp pooling y = (Σ |x|^p)^(1/p) over each window (deep-learning-exercises.txt, section 4). Input:
/// (b, h, w, c), Scalar. Output: (b, h', w', c). Where a whole window is zero the derivative is 0.
template <class Scalar>
class LpPool2d : public Operation {
 public:
  /// Throws InputError for settings out of range, and unless power >= 1.
  LpPool2d(const PoolSettings& settings, double power);
  std::string type() const override { return "lp_pool2d"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  PoolSettings settings_;
  double power_;
};

}  // namespace eigenprop
