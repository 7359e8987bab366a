#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

struct Convolution2dSettings {
  std::int64_t output_channels = 1;
  std::int64_t kernel_h = 1;
  std::int64_t kernel_w = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;  ///< zeros on all four sides
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
};

/// Two-dimensional correlation with bias, as deep-learning libraries call "convolution":
///
///     y(b, p, q, n) = bias(n) + Σ_{i,j,c} x(b, p s + i δ − π, q s + j δ − π, c) w(i, j, c, n)
///
/// with stride s, dilation δ, padding π; with groups, output channel n sees the input channels of
/// its own group. Inputs: x (b, h, w, c), w (kernel_h, kernel_w, c / groups, output_channels),
/// bias (output_channels), all Scalar. Output: (b, h', w', output_channels).
///
/// On the host all maps are matrix products of tiles of patches that fit the cache; no full patch
/// matrix exists. Sums over positions of one image are taken in an order that depends on the shape
/// alone, and images are added in double, so that gradients do not depend on threads or ranks.
template <class Scalar>
class Convolution2d : public Operation {
 public:
  /// Throws InputError for settings out of range.
  explicit Convolution2d(const Convolution2dSettings& settings);
  std::string type() const override { return "convolution2d"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  Convolution2dSettings settings_;
};

}  // namespace eigenprop
