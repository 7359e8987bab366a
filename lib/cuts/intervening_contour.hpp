#pragma once

#include "cuts/edge_geometry.hpp"

namespace eigenprop {

struct InterveningContourSettings {
  EdgeGraphSettings edges;
  /// p of the mean, a power of two up to 16; 0: the maximum.
  int power = 4;
};

/// Edge weights by intervening contour (Cour, Bénézit and Shi, CVPR 2005) of a boundary map b:
///
///     w(i, δ) = exp(−s(i, δ) / σ²),   s = max_x b(x)²   or   s = ((1/n) Σ_x b(x)^2p)^(1/p)
///
/// over the n pixels x on the line from i to i + δ, both ends included. The mean tends to the
/// maximum for large p, is differentiable everywhere, and its derivative reaches every pixel of the
/// line. Where the maximum is reached more than once, its derivative is shared evenly.
///
/// Inputs: b (height, width) or a batch of one image of one channel, double; σ (1), double. On
/// every rank the whole map; its adjoint on a rank is that of the rank's own edges. Output: the
/// edge tensor (own lines, width, offsets), double; zero where a pair leaves the image, also where
/// the radius is larger than the image. Throws NonFiniteError, which names the pixel, where b is
/// not finite.
class InterveningContour : public Operation {
 public:
  explicit InterveningContour(const InterveningContourSettings& settings);
  std::string type() const override { return "intervening_contour"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  InterveningContourSettings settings_;
};

}  // namespace eigenprop
