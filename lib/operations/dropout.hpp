#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Inverted dropout (Srivastava et al., JMLR 2014): in training each element is zeroed with
/// probability `rate` and scaled by 1 / (1 - rate) otherwise; the identity in inference. The mask
/// is a function of (seed, step, sample, layer, position in the sample), never of ranks.
/// Input: any shape, Scalar, the first dimension counts samples. Output: the same shape.
template <class Scalar>
class Dropout : public Operation {
 public:
  /// Throws InputError unless 0 <= rate < 1.
  explicit Dropout(double rate);
  std::string type() const override { return "dropout"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  void apply(const Arguments& arguments, const AnyTensor& from, const AnyTensor& to) const;

  double rate_;
};

}  // namespace eigenprop
