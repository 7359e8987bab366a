#pragma once

#include <string>
#include <vector>

#include "data/resampling.hpp"
#include "tensor/tensor.hpp"

namespace eigenprop {

/// From pixels to the input of a network: (value - mean) / deviation in a colour space.
///
/// torchvision's AlexNet and VGG: rgb, mean 123.675,116.28,103.53, deviation 58.395,57.12,57.375.
/// The original AlexNet and VGG (Caffe): bgr, mean 103.939,116.779,123.68, deviation 1,1,1; the
/// same for the paper's matconvnet models in the order rgb.
struct PixelSettings {
  std::string space = "lab";  ///< rgb or bgr (0 .. 255), or lab (CIE L*a*b*, D65)
  std::vector<double> mean = {50, 0, 0};
  std::vector<double> deviation = {25, 15, 15};
  bool position = true;  ///< append x and y, in -1 .. 1 along the longer side, centred
};

/// Channels of the network's input.
std::int64_t input_channels(const PixelSettings& settings);

/// Tensor (1, h, w, input_channels). Throws InputError for an unknown space, or means and
/// deviations that are not three, or a deviation of zero.
Tensor<float> normalize(const FloatImage& image, const PixelSettings& settings);

/// sRGB in 0 .. 255 to L* (0 .. 100), a*, b*, for the white point D65 and 2 degrees (IEC
/// 61966-2-1, CIE 15).
void rgb_to_lab(const float* rgb, float* lab);

}  // namespace eigenprop
