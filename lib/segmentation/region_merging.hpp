#pragma once

#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// One vector for every pixel: (pixels, dimensions), row-major.
struct PixelFeatures {
  const std::vector<double>& values;
  int dimensions;
};

/// Joins every region below `area` pixels, the smallest first, with the adjacent region of the
/// nearest mean. Regions are assumed connected. Labels are numbered without gaps.
LabelMap absorb_small_regions(const LabelMap& map, const PixelFeatures& features,
                              std::int64_t area);

}  // namespace eigenprop
