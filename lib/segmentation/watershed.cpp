#include "segmentation/watershed.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <queue>
#include <tuple>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

/// The pixels beside a pixel: left, right, above, below.
class Sides {
 public:
  Sides(int height, int width) : height_(height), width_(width) {}

  template <class Visit>
  void visit(std::int32_t pixel, const Visit& visit) const {
    const std::int32_t y = pixel / width_, x = pixel % width_;
    if (x > 0) visit(pixel - 1);
    if (x + 1 < width_) visit(pixel + 1);
    if (y > 0) visit(pixel - width_);
    if (y + 1 < height_) visit(pixel + width_);
  }

 private:
  std::int32_t height_, width_;
};

// Numbers the plateaus from which no side leads down; −1 elsewhere.
LabelMap regional_minima(const std::vector<double>& relief, int height, int width) {
  const Sides sides(height, width);
  LabelMap minima{height, width, 0, std::vector<std::int32_t>(relief.size(), -1)};
  std::vector<bool> seen(relief.size(), false);
  std::vector<std::int32_t> plateau;
  for (std::size_t start = 0; start < relief.size(); ++start) {
    if (seen[start]) continue;
    seen[start] = true;
    plateau.assign(1, static_cast<std::int32_t>(start));
    bool lowest = true;
    for (std::size_t e = 0; e < plateau.size(); ++e) {
      sides.visit(plateau[e], [&](std::int32_t other) {
        const double step = relief[index(other)] - relief[start];
        if (step < 0) lowest = false;
        if (step != 0 || seen[index(other)]) return;
        seen[index(other)] = true;
        plateau.push_back(other);
      });
    }
    if (!lowest) continue;
    for (const auto pixel : plateau) minima.labels[index(pixel)] = minima.segments;
    ++minima.segments;
  }
  return minima;
}

}  // namespace

LabelMap watershed(const std::vector<double>& relief, int height, int width) {
  for (const double value : relief)
    require(!std::isnan(value), "a relief has values that are no numbers");
  const Sides sides(height, width);
  auto basins = regional_minima(relief, height, width);
  // Height, height of the side it is reached from, arrival, pixel, basin.
  using Entry = std::tuple<double, double, std::int64_t, std::int32_t, std::int32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> shore;
  std::int64_t arrivals = 0;
  const auto spread = [&](std::int32_t pixel, std::int32_t basin) {
    sides.visit(pixel, [&](std::int32_t other) {
      if (basins.labels[index(other)] < 0)
        shore.emplace(relief[index(other)], relief[index(pixel)], arrivals++, other, basin);
    });
  };
  for (std::size_t i = 0; i < relief.size(); ++i) {
    if (basins.labels[i] >= 0) spread(static_cast<std::int32_t>(i), basins.labels[i]);
  }
  while (!shore.empty()) {
    const auto [height_of, from, arrival, pixel, basin] = shore.top();
    shore.pop();
    if (basins.labels[index(pixel)] >= 0) continue;
    basins.labels[index(pixel)] = basin;
    spread(pixel, basin);
  }
  return basins;
}

}  // namespace eigenprop
