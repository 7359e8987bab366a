#include "data/resampling.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// Weights of the inputs of one output pixel along one axis.
struct Taps {
  int first = 0;
  std::vector<double> weights;
};

std::vector<Taps> triangle_taps(double begin, double length, int extent, int count) {
  const double scale = length / count;
  const double support = std::max(1.0, scale);
  std::vector<Taps> taps(static_cast<std::size_t>(count));
  for (int o = 0; o < count; ++o) {
    const double centre = begin + (o + 0.5) * scale;
    const int low = std::max(0, static_cast<int>(std::floor(centre - support + 0.5)));
    const int high = std::min(extent, static_cast<int>(std::floor(centre + support + 0.5)));
    auto& tap = taps[static_cast<std::size_t>(o)];
    tap.first = low;
    double sum = 0;
    for (int i = low; i < high; ++i) {
      const double weight = std::max(0.0, 1 - std::abs(i + 0.5 - centre) / support);
      tap.weights.push_back(weight);
      sum += weight;
    }
    for (double& weight : tap.weights) weight /= sum;
  }
  return taps;
}

void check(const Rectangle& r, int height, int width, int image_height, int image_width) {
  require(height > 0 && width > 0 && r.height > 0 && r.width > 0 && r.top >= 0 && r.left >= 0 &&
              r.top + r.height <= image_height + 1e-9 && r.left + r.width <= image_width + 1e-9,
          "resampling: the rectangle does not lie in the image, or the new size is not positive");
}

}  // namespace

FloatImage resample(const Image& image, const Rectangle& r, int height, int width, bool flip) {
  check(r, height, width, image.height, image.width);
  const auto rows = triangle_taps(r.top, r.height, image.height, height);
  const auto columns = triangle_taps(r.left, r.width, image.width, width);
  FloatImage result{height, width, 3, {}};
  result.values.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  std::vector<double> line(static_cast<std::size_t>(image.width) * 3);
  for (int y = 0; y < height; ++y) {
    const auto& row = rows[static_cast<std::size_t>(y)];
    std::fill(line.begin(), line.end(), 0.0);
    for (std::size_t t = 0; t < row.weights.size(); ++t) {
      const std::uint8_t* source =
          image.pixels.data() + (static_cast<std::size_t>(row.first) + t) * line.size();
      for (std::size_t i = 0; i < line.size(); ++i) line[i] += row.weights[t] * source[i];
    }
    for (int x = 0; x < width; ++x) {
      const auto& column = columns[static_cast<std::size_t>(x)];
      double sum[3] = {};
      for (std::size_t t = 0; t < column.weights.size(); ++t) {
        const double* pixel = &line[(static_cast<std::size_t>(column.first) + t) * 3];
        for (int c = 0; c < 3; ++c) sum[c] += column.weights[t] * pixel[c];
      }
      const int to = flip ? width - 1 - x : x;
      float* target =
          &result.values[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                          static_cast<std::size_t>(to)) *
                         3];
      for (int c = 0; c < 3; ++c) target[c] = static_cast<float>(sum[c]);
    }
  }
  return result;
}

LabelMap resample(const LabelMap& map, const Rectangle& r, int height, int width, bool flip) {
  check(r, height, width, map.height, map.width);
  LabelMap result{height, width, map.segments, {}};
  result.labels.reserve(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  const auto nearest = [](double begin, double length, int count, int i, int extent) {
    return std::clamp(static_cast<int>(begin + (i + 0.5) * length / count), 0, extent - 1);
  };
  for (int y = 0; y < height; ++y) {
    const int row = nearest(r.top, r.height, height, y, map.height);
    for (int x = 0; x < width; ++x) {
      const int column = nearest(r.left, r.width, width, flip ? width - 1 - x : x, map.width);
      result.labels.push_back(
          map.labels[static_cast<std::size_t>(row) * static_cast<std::size_t>(map.width) +
                     static_cast<std::size_t>(column)]);
    }
  }
  return without_gaps(result);
}

LabelMap without_gaps(const LabelMap& map) {
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(map.segments), -1);
  for (const auto label : map.labels) numbers[static_cast<std::size_t>(label)] = 0;
  LabelMap result = map;
  result.segments = 0;
  for (auto& number : numbers) {
    if (number == 0) number = result.segments++;
  }
  for (auto& label : result.labels) label = numbers[static_cast<std::size_t>(label)];
  return result;
}

}  // namespace eigenprop
