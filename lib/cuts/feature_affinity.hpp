#pragma once

#include "cuts/edge_geometry.hpp"

namespace eigenprop {

/// Edge weights by features, colour and position among them (Shi and Malik, PAMI 2000, eq. 11):
///
///     w(i, δ) = exp(−Σ_c (f_c(i) − f_c(i + δ))² / σ_c² − |δ|² / σ_δ²)
///
/// Inputs: f (height, width, channels) or a batch of one image, double; σ, double: (channels), or
/// (1) for one width of all; and, where distances count, σ_δ (1), double. Output, ranks and
/// errors as for InterveningContour.
class FeatureAffinity : public Operation {
 public:
  explicit FeatureAffinity(const EdgeGraphSettings& settings) : settings_(settings) {}
  std::string type() const override { return "feature_affinity"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  EdgeGraphSettings settings_;
};

}  // namespace eigenprop
