#include "segmentation/smoothing.hpp"

#include <algorithm>
#include <cmath>

#include "data/normalization.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

void smooth(Vector& plane, int height, int width, double sigma) {
  const int radius = static_cast<int>(std::ceil(4 * sigma));
  Vector kernel;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    kernel.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
    sum += kernel.back();
  }
  const auto pass = [&](int length, int lines, std::int64_t step, std::int64_t line_step) {
    Vector line(index(length));
    for (int l = 0; l < lines; ++l) {
      for (int i = 0; i < length; ++i) {
        double value = 0;
        for (int t = -radius; t <= radius; ++t) {
          // Mirrored at the edges: d c b a | a b c d | d c b a
          int at = i + t;
          while (at < 0 || at >= length) at = at < 0 ? -1 - at : 2 * length - 1 - at;
          value += kernel[index(t + radius)] * plane[index(l * line_step + at * step)];
        }
        line[index(i)] = value / sum;
      }
      for (int i = 0; i < length; ++i) plane[index(l * line_step + i * step)] = line[index(i)];
    }
  };
  pass(width, height, 1, width);
  pass(height, width, width, 1);
}

}  // namespace

std::vector<std::vector<double>> smoothed_lab(const Image& image, double sigma) {
  const int h = image.height, w = image.width;
  std::vector<Vector> planes(3, Vector(index(std::int64_t{h} * w)));
  for (std::int64_t i = 0; i < std::int64_t{h} * w; ++i) {
    float rgb[3];
    float lab[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<float>(image.pixels[index(3 * i + c)]);
    rgb_to_lab(rgb, lab);
    for (int c = 0; c < 3; ++c) planes[index(c)][index(i)] = static_cast<double>(lab[c]);
  }
  for (auto& plane : planes) smooth(plane, h, w, sigma);
  return planes;
}

std::vector<double> lab_gradient(const Image& image, double sigma) {
  require(sigma > 0 && sigma <= 1000, "the smoothing before a gradient must lie in (0, 1000]");
  const int h = image.height, w = image.width;
  std::vector<double> squares(index(std::int64_t{h} * w), 0.0);
  for (const auto& plane : smoothed_lab(image, sigma)) {
    const auto at = [&](int y, int x) {
      return plane[index(std::int64_t{std::clamp(y, 0, h - 1)} * w + std::clamp(x, 0, w - 1))];
    };
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) {
        const double down = (at(y + 1, x) - at(y - 1, x)) / 2;
        const double right = (at(y, x + 1) - at(y, x - 1)) / 2;
        squares[index(std::int64_t{y} * w + x)] += down * down + right * right;
      }
    }
  }
  for (double& value : squares) value = std::sqrt(value);
  return squares;
}

}  // namespace eigenprop
