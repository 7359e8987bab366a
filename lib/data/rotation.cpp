#include "data/rotation.hpp"

#include <cmath>

#include "data/resampling.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// The place of pixel i of a line of `count` that goes on as its mirror image at both ends.
std::int64_t mirrored(std::int64_t i, std::int64_t count) {
  const std::int64_t period = 2 * count;
  const std::int64_t place = ((i % period) + period) % period;
  return place < count ? place : period - 1 - place;
}

// f(pixel, y, x) for all pixels, with the coordinates that each is taken from: whole numbers are
// centres of pixels.
template <class F>
void for_each_source(int height, int width, double degrees, const F& f) {
  const double angle = degrees * (3.14159265358979323846 / 180);
  const double cosine = std::cos(angle), sine = std::sin(angle);
  const double middle_y = (height - 1) / 2.0, middle_x = (width - 1) / 2.0;
  std::int64_t pixel = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x, ++pixel) {
      const double dy = y - middle_y, dx = x - middle_x;
      f(pixel, middle_y + cosine * dy - sine * dx, middle_x + sine * dy + cosine * dx);
    }
  }
}

}  // namespace

Image rotated(const Image& image, double degrees) {
  Image result{image.height, image.width, std::vector<std::uint8_t>(image.pixels.size())};
  for_each_source(image.height, image.width, degrees, [&](std::int64_t pixel, double y, double x) {
    const double top = std::floor(y), left = std::floor(x);
    const double down = y - top, right = x - left;
    for (std::int64_t c = 0; c < 3; ++c) {
      const auto at = [&](int dy, int dx) {
        const auto row = mirrored(static_cast<std::int64_t>(top) + dy, image.height);
        const auto column = mirrored(static_cast<std::int64_t>(left) + dx, image.width);
        return static_cast<double>(image.pixels[index((row * image.width + column) * 3 + c)]);
      };
      const double above = (1 - right) * at(0, 0) + right * at(0, 1);
      const double below = (1 - right) * at(1, 0) + right * at(1, 1);
      result.pixels[index(3 * pixel + c)] =
          static_cast<std::uint8_t>(std::lround((1 - down) * above + down * below));
    }
  });
  return result;
}

LabelMap rotated(const LabelMap& map, double degrees) {
  LabelMap result = map;
  for_each_source(map.height, map.width, degrees, [&](std::int64_t pixel, double y, double x) {
    const auto row = mirrored(std::lround(y), map.height);
    const auto column = mirrored(std::lround(x), map.width);
    result.labels[index(pixel)] = map.labels[index(row * map.width + column)];
  });
  return without_gaps(result);
}

}  // namespace eigenprop
