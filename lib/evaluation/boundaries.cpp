#include "evaluation/boundaries.hpp"

#include <algorithm>
#include <array>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

using Neighbours = std::array<bool, 8>;  // from the east, counterclockwise: x1 .. x8 of the paper

// Whether a pass of Guo and Hall takes a boundary pixel away.
bool is_removed(const Neighbours& x, bool first_pass) {
  const auto at = [&](int i) { return x[index((i - 1) % 8)]; };
  int crossings = 0, odd_pairs = 0, even_pairs = 0;
  for (int i = 1; i <= 4; ++i) {
    crossings += !at(2 * i - 1) && (at(2 * i) || at(2 * i + 1)) ? 1 : 0;
    odd_pairs += at(2 * i - 1) || at(2 * i) ? 1 : 0;
    even_pairs += at(2 * i) || at(2 * i + 1) ? 1 : 0;
  }
  const int pairs = std::min(odd_pairs, even_pairs);
  if (crossings != 1 || pairs < 2 || pairs > 3) return false;
  return first_pass ? !((at(2) || at(3) || !at(8)) && at(1))
                    : !((at(6) || at(7) || !at(4)) && at(5));
}

// By the eight neighbours as bits.
std::array<bool, 256> removal_table(bool first_pass) {
  std::array<bool, 256> table{};
  for (unsigned bits = 0; bits < 256; ++bits) {
    Neighbours x{};
    for (unsigned i = 0; i < 8; ++i) x[i] = (bits >> i & 1U) == 1;
    table[bits] = is_removed(x, first_pass);
  }
  return table;
}

}  // namespace

BoundaryMap segment_boundaries(const LabelMap& map) {
  const int height = map.height, width = map.width;
  const auto label = [&](int y, int x) { return map.labels[index(y) * index(width) + index(x)]; };
  const auto below = [&](int y, int x) {
    return y + 1 < height && x < width && label(y, x) != label(y + 1, x);
  };
  const auto right = [&](int y, int x) {
    return x + 1 < width && y < height && label(y, x) != label(y, x + 1);
  };
  BoundaryMap result{height, width, std::vector<std::uint8_t>(map.labels.size(), 0)};
  // The last line and column of the grid of double size are copies of the ones before them.
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool marked = right(y, x) || below(y, x) || (x + 1 < width && below(y, x + 1)) ||
                          (y + 1 < height && right(y + 1, x));
      result.marks[index(y) * index(width) + index(x)] = marked ? 1 : 0;
    }
  }
  return result;
}

BoundaryMap contours_above(const ContourMap& contours, double threshold) {
  BoundaryMap result{contours.height, contours.width, {}};
  for (int y = 2; y < contours.rows(); y += 2) {
    for (int x = 2; x < contours.columns(); x += 2) {
      const double value = contours.values[index(y) * index(contours.columns()) + index(x)];
      result.marks.push_back(value >= threshold ? 1 : 0);
    }
  }
  return result;
}

BoundaryMap thinned(BoundaryMap map) {
  static const std::array<std::array<bool, 256>, 2> tables = {removal_table(true),
                                                              removal_table(false)};
  constexpr std::ptrdiff_t steps[8][2] = {{0, 1},  {-1, 1}, {-1, 0}, {-1, -1},
                                          {0, -1}, {1, -1}, {1, 0},  {1, 1}};
  // With a frame of empty pixels.
  const int stride = map.width + 2;
  std::vector<std::uint8_t> marks(index(map.height + 2) * index(stride), 0);
  std::vector<std::ptrdiff_t> boundary, removed;
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      if (!map.marks[index(y) * index(map.width) + index(x)]) continue;
      boundary.push_back(static_cast<std::ptrdiff_t>(y + 1) * stride + x + 1);
      marks[index(boundary.back())] = 1;
    }
  }
  bool changes = true;
  while (changes) {
    changes = false;
    for (const auto& table : tables) {
      removed.clear();
      for (const auto pixel : boundary) {
        unsigned bits = 0;
        for (unsigned i = 0; i < 8; ++i) {
          const auto neighbour = pixel + steps[i][0] * stride + steps[i][1];
          bits |= static_cast<unsigned>(marks[index(neighbour)]) << i;
        }
        if (table[bits]) removed.push_back(pixel);
      }
      for (const auto pixel : removed) marks[index(pixel)] = 0;
      changes = changes || !removed.empty();
      boundary.erase(std::remove_if(boundary.begin(), boundary.end(),
                                    [&](std::ptrdiff_t pixel) { return !marks[index(pixel)]; }),
                     boundary.end());
    }
  }
  for (int y = 0; y < map.height; ++y) {
    const auto line = marks.begin() + static_cast<std::ptrdiff_t>(y + 1) * stride + 1;
    std::copy_n(line, map.width, map.marks.begin() + static_cast<std::ptrdiff_t>(y) * map.width);
  }
  return map;
}

}  // namespace eigenprop
