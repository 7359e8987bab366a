#include "data/resampling.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// Inputs of one output pixel along one axis: first, and how many.
struct Taps {
  int first = 0;
  int count = 0;
  std::size_t weight = 0;  ///< place of the first one's weight
};

// Of all output pixels along an axis.
struct Axis {
  std::vector<Taps> taps;
  std::vector<double> weights;
};

Axis triangle_axis(double begin, double length, int extent, int count) {
  const double scale = length / count;
  const double support = std::max(1.0, scale);
  Axis axis;
  for (int o = 0; o < count; ++o) {
    const double centre = begin + (o + 0.5) * scale;
    const int low = std::max(0, static_cast<int>(std::floor(centre - support + 0.5)));
    const int high = std::min(extent, static_cast<int>(std::floor(centre + support + 0.5)));
    const Taps tap{low, std::max(0, high - low), axis.weights.size()};
    double sum = 0;
    for (int i = low; i < high; ++i) {
      const double weight = std::max(0.0, 1 - std::abs(i + 0.5 - centre) / support);
      axis.weights.push_back(weight);
      sum += weight;
    }
    for (std::size_t w = tap.weight; w < axis.weights.size(); ++w) axis.weights[w] /= sum;
    axis.taps.push_back(tap);
  }
  return axis;
}

// What all threads that resample an image read, and where they write.
struct Resampling {
  const std::uint8_t* pixels;
  std::int64_t line_values;  ///< of a row of the image
  const Taps* rows;
  const double* row_weights;
  const Taps* columns;
  const double* column_weights;
  int width;  ///< of the result
  bool flip;
  float* values;

  // Row y of the result; `line` takes a row's values.
  void make_row(std::int64_t y, double* line) const {
    std::fill(line, line + line_values, 0.0);
    const Taps row = rows[y];
    for (int t = 0; t < row.count; ++t) {
      const std::uint8_t* source = pixels + (row.first + t) * line_values;
      const double weight = row_weights[row.weight + static_cast<std::size_t>(t)];
      for (std::int64_t i = 0; i < line_values; ++i) line[i] += weight * source[i];
    }
    for (int x = 0; x < width; ++x) {
      const Taps column = columns[x];
      double sum[3] = {};
      for (int t = 0; t < column.count; ++t) {
        const double* pixel = line + std::int64_t{column.first + t} * 3;
        const double weight = column_weights[column.weight + static_cast<std::size_t>(t)];
        for (int c = 0; c < 3; ++c) sum[c] += weight * pixel[c];
      }
      const int to = flip ? width - 1 - x : x;
      float* target = values + (y * width + to) * 3;
      for (int c = 0; c < 3; ++c) target[c] = static_cast<float>(sum[c]);
    }
  }
};

void check(const Rectangle& r, int height, int width, int image_height, int image_width) {
  require(height > 0 && width > 0 && r.height > 0 && r.width > 0 && r.top >= 0 && r.left >= 0 &&
              r.top + r.height <= image_height + 1e-9 && r.left + r.width <= image_width + 1e-9,
          "resampling: the rectangle does not lie in the image, or the new size is not positive");
}

}  // namespace

FloatImage resample(const Image& image, const Rectangle& r, int height, int width, bool flip) {
  check(r, height, width, image.height, image.width);
  const auto rows = triangle_axis(r.top, r.height, image.height, height);
  const auto columns = triangle_axis(r.left, r.width, image.width, width);
  FloatImage result{height, width, 3, {}};
  result.values.resize(index(std::int64_t{height} * width * 3));
  const std::int64_t line_values = std::int64_t{image.width} * 3;
  const Resampling resampling{image.pixels.data(),
                              line_values,
                              rows.taps.data(),
                              rows.weights.data(),
                              columns.taps.data(),
                              columns.weights.data(),
                              width,
                              flip,
                              result.values.data()};
  // A share of the rows, and a line, for each thread.
  const HostExecutionSpace space;
  const std::int64_t shares = space.concurrency();
  std::vector<double> lines(index(shares * line_values));
  double* const first_line = lines.data();
  for_each_index(space, "resample", shares, [=](std::int64_t s) {
    for (std::int64_t y = s * height / shares; y < (s + 1) * height / shares; ++y)
      resampling.make_row(y, first_line + s * line_values);
  });
  space.fence();
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
