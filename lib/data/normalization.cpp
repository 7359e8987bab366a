#include "data/normalization.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/error.hpp"
#include "tensor/host_access.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

double linear(double value) {
  const double v = value / 255;
  return v > 0.04045 ? std::pow((v + 0.055) / 1.055, 2.4) : v / 12.92;
}

double lab_curve(double t) {
  return t > 216.0 / 24389.0 ? std::cbrt(t) : (24389.0 / 27.0 * t + 16) / 116;
}

// From the pixels of an image to the input of a network.
struct Normalization {
  const float* rgb;
  std::int64_t height, width;
  std::int64_t channels;
  float* values;
  bool is_bgr = false, is_lab = false;
  double mean[3] = {}, deviation[3] = {};

  // Pixel i.
  void make(std::int64_t i) const {
    float pixel[3] = {rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]};
    if (is_bgr) std::swap(pixel[0], pixel[2]);
    if (is_lab) rgb_to_lab(rgb + 3 * i, pixel);
    float* const out = values + i * channels;
    for (int c = 0; c < 3; ++c)
      out[c] = static_cast<float>((static_cast<double>(pixel[c]) - mean[c]) / deviation[c]);
    if (channels == 3) return;
    const double half = static_cast<double>(std::max(height, width)) / 2;
    const auto along = [half](std::int64_t place, std::int64_t extent) {
      return static_cast<float>(
          (static_cast<double>(place) + 0.5 - static_cast<double>(extent) / 2) / half);
    };
    out[3] = along(i % width, width);
    out[4] = along(i / width, height);
  }
};

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
  Tensor<float> tensor({1, image.height, image.width, channels}, "image");
  const HostOutput<float> host(ExecutionSpace(), tensor);
  Normalization pixels{image.values.data(), image.height, image.width, channels, host.data()};
  pixels.is_bgr = space == "bgr";
  pixels.is_lab = space == "lab";
  std::copy(settings.mean.begin(), settings.mean.end(), pixels.mean);
  std::copy(settings.deviation.begin(), settings.deviation.end(), pixels.deviation);
  const HostExecutionSpace threads;
  for_each_index(threads, "normalize", std::int64_t{image.height} * image.width,
                 [=](std::int64_t i) { pixels.make(i); });
  threads.fence();
  host.flush();
  return tensor;
}

}  // namespace eigenprop
