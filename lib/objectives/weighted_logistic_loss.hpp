#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Logistic loss of logits z with weights for and against each: from weights p, n >= 0 and
/// softplus(x) = log(1 + exp(x)),
///
///     loss = Σ_i [ p_i softplus(−z_i) + n_i softplus(z_i) ] / Σ_i (p_i + n_i),
///
/// the cross-entropy of HED (Xie and Tu, ICCV 2015, eq. 2) where the weights balance two classes.
///
/// Inputs: logits of any shape; weights (size, 2): p_i, n_i, of the same precision. Output: double
/// (1), evaluated without overflow and summed in double. `forward` throws InputError where a weight
/// is negative or not finite, or all are zero.
template <class Scalar>
class WeightedLogisticLoss : public Operation {
 public:
  std::string type() const override { return "weighted_logistic_loss"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;
};

}  // namespace eigenprop
