#pragma once

#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// Vectors (height, width, dimensions), row-major, on a grid of another size than an image, whose
/// pixels take them by bilinear interpolation.
struct GridVectors {
  const std::vector<double>& values;
  int height, width, dimensions;
};

/// Joins every region below `area` pixels, the smallest first, with the adjacent region of the
/// nearest mean of its pixels' vectors. Regions are assumed connected. Labels are numbered without
/// gaps.
LabelMap absorb_small_regions(const LabelMap& map, const GridVectors& vectors, std::int64_t area);

}  // namespace eigenprop
