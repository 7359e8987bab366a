#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

struct GroupNormalizationSettings {
  std::int64_t groups = 1;  ///< of neighbouring channels; divides their number
  double epsilon = 1e-5;    ///< added to the variance
};

/// Group normalization (Wu and He, ECCV 2018): y = γ_c (x - μ) / sqrt(v + ε) + β_c, with mean μ and
/// biased variance v over all locations and channels of a group of channels of one sample. Unlike
/// batch normalization it knows no other sample, so that results depend neither on the number of
/// ranks nor on how a batch is cut into units.
///
/// Inputs: maps (b, ..., c), Scalar; scales γ (c); offsets β (c). Output: (b, ..., c). `plan`
/// throws InputError where the groups do not divide c.
template <class Scalar>
class GroupNormalization : public Operation {
 public:
  explicit GroupNormalization(const GroupNormalizationSettings& settings);
  std::string type() const override { return "group_normalization"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  GroupNormalizationSettings settings_;
};

}  // namespace eigenprop
