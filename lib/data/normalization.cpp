#include "data/normalization.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

double linear(double value) {
  const double v = value / 255;
  return v > 0.04045 ? std::pow((v + 0.055) / 1.055, 2.4) : v / 12.92;
}

double lab_curve(double t) {
  return t > 216.0 / 24389.0 ? std::cbrt(t) : (24389.0 / 27.0 * t + 16) / 116;
}

}  // namespace

void rgb_to_lab(const float* rgb, float* lab) {
  const double r = linear(rgb[0]);
  const double g = linear(rgb[1]);
  const double b = linear(rgb[2]);
  const double x = (0.412453 * r + 0.357580 * g + 0.180423 * b) / 0.95047;
  const double y = 0.212671 * r + 0.715160 * g + 0.072169 * b;
  const double z = (0.019334 * r + 0.119193 * g + 0.950227 * b) / 1.08883;
  const double fx = lab_curve(x);
  const double fy = lab_curve(y);
  const double fz = lab_curve(z);
  lab[0] = static_cast<float>(116 * fy - 16);
  lab[1] = static_cast<float>(500 * (fx - fy));
  lab[2] = static_cast<float>(200 * (fy - fz));
}

std::int64_t input_channels(const PixelSettings& settings) { return settings.position ? 5 : 3; }

Tensor<float> normalize(const FloatImage& image, const PixelSettings& settings) {
  const auto& space = settings.space;
  require(space == "rgb" || space == "bgr" || space == "lab",
          "pixel space '" + space + "' is none of rgb, bgr, lab");
  require(settings.mean.size() == 3 && settings.deviation.size() == 3 &&
              std::none_of(settings.deviation.begin(), settings.deviation.end(),
                           [](double d) { return d == 0; }),
          "pixel normalization takes three means and three deviations that are not zero");
  const std::int64_t channels = input_channels(settings);
  const double half = std::max(image.height, image.width) / 2.0;
  std::vector<float> values;
  values.reserve(image.values.size() / 3 * static_cast<std::size_t>(channels));
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const float* rgb =
          &image.values[(static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                         static_cast<std::size_t>(x)) *
                        3];
      float pixel[3] = {rgb[0], rgb[1], rgb[2]};
      if (space == "bgr") std::swap(pixel[0], pixel[2]);
      if (space == "lab") rgb_to_lab(rgb, pixel);
      for (std::size_t c = 0; c < 3; ++c) {
        values.push_back(static_cast<float>((static_cast<double>(pixel[c]) - settings.mean[c]) /
                                            settings.deviation[c]));
      }
      if (settings.position) {
        values.push_back(static_cast<float>((x + 0.5 - image.width / 2.0) / half));
        values.push_back(static_cast<float>((y + 0.5 - image.height / 2.0) / half));
      }
    }
  }
  Tensor<float> tensor({1, image.height, image.width, channels}, "image");
  from_host(tensor, values);
  return tensor;
}

}  // namespace eigenprop
