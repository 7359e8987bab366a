#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

struct LocalResponseNormalizationSettings {
  std::int64_t size = 5;
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 2;
};

/// Normalization across channels (Krizhevsky et al., NIPS 2012, section 3.3, with PyTorch's
/// scaling of alpha by 1 / size):
///
///     s_c = k + alpha / size Σ_j x_j²,   j = c − size/2 … c − size/2 + size − 1
///     y_c = x_c s_c^(−beta)
///
/// Input: (..., c), Scalar. Output: the same shape.
template <class Scalar>
class LocalResponseNormalization : public Operation {
 public:
  /// Throws InputError unless size > 0 and k > 0.
  explicit LocalResponseNormalization(const LocalResponseNormalizationSettings& settings);
  std::string type() const override { return "local_response_normalization"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  LocalResponseNormalizationSettings settings_;
};

}  // namespace eigenprop
