#include "segmentation/connected_components.hpp"

#include <numeric>

namespace eigenprop {
namespace {

// Root of a pixel's tree; paths are halved on the way.
std::int32_t find_root(std::vector<std::int32_t>& parents, std::int32_t pixel) {
  const auto at = [&](std::int32_t i) -> std::int32_t& {
    return parents[static_cast<std::size_t>(i)];
  };
  while (at(pixel) != pixel) {
    at(pixel) = at(at(pixel));
    pixel = at(pixel);
  }
  return pixel;
}

}  // namespace

LabelMap connected_components(const LabelMap& map, Connectivity connectivity) {
  const std::int32_t width = map.width;
  std::vector<std::int32_t> parents(map.labels.size());
  std::iota(parents.begin(), parents.end(), 0);
  const auto join = [&](std::int32_t a, std::int32_t b) {
    if (map.labels[static_cast<std::size_t>(a)] != map.labels[static_cast<std::size_t>(b)]) return;
    const auto root_a = find_root(parents, a);
    const auto root_b = find_root(parents, b);
    // The smaller index wins, so that a root is its part's first pixel.
    parents[static_cast<std::size_t>(std::max(root_a, root_b))] = std::min(root_a, root_b);
  };
  for (std::int32_t y = 0; y < map.height; ++y) {
    for (std::int32_t x = 0; x < width; ++x) {
      const std::int32_t pixel = y * width + x;
      if (x > 0) join(pixel, pixel - 1);
      if (y > 0) join(pixel, pixel - width);
      if (connectivity == Connectivity::eight && y > 0) {
        if (x > 0) join(pixel, pixel - width - 1);
        if (x + 1 < width) join(pixel, pixel - width + 1);
      }
    }
  }
  LabelMap result{map.height, map.width, 0, std::vector<std::int32_t>(map.labels.size())};
  for (std::size_t i = 0; i < parents.size(); ++i) {
    const auto root = find_root(parents, static_cast<std::int32_t>(i));
    result.labels[i] = root == static_cast<std::int32_t>(i)
                           ? result.segments++
                           : result.labels[static_cast<std::size_t>(root)];
  }
  return result;
}

}  // namespace eigenprop
