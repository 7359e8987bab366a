#pragma once

#include <cstdint>
#include <vector>

namespace eigenprop {

/// Contours on a grid of double size (`ucm2` of the Berkeley benchmark): (2 height + 1, 2 width +
/// 1) values, row-major. Places with two odd indices are pixels, those with one odd index lie
/// between two pixels. Ultrametric where the regions of every threshold are bounded by closed
/// contours.
struct ContourMap {
  int height = 0;  ///< of the image
  int width = 0;
  std::vector<double> values;

  int rows() const { return 2 * height + 1; }
  int columns() const { return 2 * width + 1; }
};

/// Pixels on boundaries: marks[y * width + x] is 1 there, 0 elsewhere.
struct BoundaryMap {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> marks;
};

}  // namespace eigenprop
