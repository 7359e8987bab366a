#include "data/boundary_targets.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

using Marks = std::vector<char>;

Marks beside_others(const LabelMap& map) {
  Marks marks(map.labels.size(), 0);
  const auto compare = [&](std::int64_t i, std::int64_t j) {
    if (map.labels[index(i)] != map.labels[index(j)]) marks[index(i)] = marks[index(j)] = 1;
  };
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      const std::int64_t i = y * map.width + x;
      if (x + 1 < map.width) compare(i, i + 1);
      if (y + 1 < map.height) compare(i, i + map.width);
    }
  }
  return marks;
}

Marks thickened(const Marks& marks, std::int64_t height, std::int64_t width, double radius) {
  Marks result = marks;
  const auto reach = static_cast<std::int64_t>(radius);
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      if (!marks[index(y * width + x)]) continue;
      for (std::int64_t v = std::max<std::int64_t>(0, y - reach);
           v <= std::min(height - 1, y + reach); ++v) {
        for (std::int64_t u = std::max<std::int64_t>(0, x - reach);
             u <= std::min(width - 1, x + reach); ++u) {
          const auto square = static_cast<double>((v - y) * (v - y) + (u - x) * (u - x));
          if (square <= radius * radius) result[index(v * width + u)] = 1;
        }
      }
    }
  }
  return result;
}

}  // namespace

std::vector<double> boundary_shares(const std::vector<LabelMap>& maps, double radius) {
  require(!maps.empty(), "boundaries of no segmentation");
  require(radius >= 0, "the radius of boundaries must not be negative");
  std::vector<double> shares(maps[0].labels.size(), 0.0);
  const double one = 1 / static_cast<double>(maps.size());
  for (const auto& map : maps) {
    require(map.height == maps[0].height && map.width == maps[0].width,
            "boundaries of segmentations of different sizes");
    const auto marks = thickened(beside_others(map), map.height, map.width, radius);
    for (std::size_t i = 0; i < marks.size(); ++i) shares[i] += marks[i] ? one : 0;
  }
  // Sums of 1 / people may exceed one by rounding.
  for (auto& share : shares) share = std::min(share, 1.0);
  return shares;
}

std::vector<float> balanced_weights(const std::vector<double>& shares) {
  const double on = std::accumulate(shares.begin(), shares.end(), 0.0);
  const double beta = 1 - on / static_cast<double>(shares.size());
  const bool both = beta > 0 && beta < 1;
  std::vector<float> weights;
  weights.reserve(2 * shares.size());
  for (const double share : shares) {
    weights.push_back(static_cast<float>((both ? beta : 1) * share));
    weights.push_back(static_cast<float>((both ? 1 - beta : 1) * (1 - share)));
  }
  return weights;
}

}  // namespace eigenprop
