#include "data/colour_change.hpp"

#include <algorithm>

namespace eigenprop {
namespace {

double grey_of(const float* rgb) {
  return 0.299 * static_cast<double>(rgb[0]) + 0.587 * static_cast<double>(rgb[1]) +
         0.114 * static_cast<double>(rgb[2]);
}

// Every value as `factor` times its distance from `centre(rgb)`, away from there.
template <class Centre>
void stretch(FloatImage& image, double factor, const Centre& centre) {
  for (std::size_t i = 0; i < image.values.size(); i += 3) {
    float* rgb = &image.values[i];
    const double from = centre(rgb);
    for (int c = 0; c < 3; ++c) {
      const double value = from + factor * (static_cast<double>(rgb[c]) - from);
      rgb[c] = static_cast<float>(std::clamp(value, 0.0, 255.0));
    }
  }
}

}  // namespace

void change_colours(FloatImage& image, const ColourChange& change) {
  if (change.none()) return;
  stretch(image, change.brightness, [](const float*) { return 0.0; });
  double mean = 0;
  for (std::size_t i = 0; i < image.values.size(); i += 3) mean += grey_of(&image.values[i]);
  mean /= static_cast<double>(image.values.size()) / 3;
  stretch(image, change.contrast, [=](const float*) { return mean; });
  stretch(image, change.saturation, grey_of);
}

}  // namespace eigenprop
