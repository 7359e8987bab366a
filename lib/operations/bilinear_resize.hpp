#pragma once

#include "graph/operation.hpp"

namespace eigenprop {

/// Target of a resize: a fixed size, an integer factor, or, with both zero, the height and width
/// of a second input, which has no derivative.
struct BilinearResizeSettings {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t scale = 0;
};

/// Bilinear interpolation with pixel centres at half-integers (PyTorch: mode='bilinear',
/// align_corners=False, antialias=False); positions outside the centres are clamped.
/// Input: (b, h, w, c), Scalar. Output: (b, h', w', c).
template <class Scalar>
class BilinearResize : public Operation {
 public:
  explicit BilinearResize(const BilinearResizeSettings& settings);
  std::string type() const override { return "bilinear_resize"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  BilinearResizeSettings settings_;
};

}  // namespace eigenprop
