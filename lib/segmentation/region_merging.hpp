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

/// Merges adjacent regions one pair at a time and keeps the partitions at given numbers of regions.
/// The pair is the one of the smallest (n1 n2 / (n1 + n2) / N)^power ‖mean1 − mean2‖²: Ward's
/// criterion (1963) for power 1, the distance of means for power 0. Returns one map for each
/// target, in the given order; where a map has fewer regions than a target, the map itself.
std::vector<LabelMap> merge_regions(const LabelMap& map, const PixelFeatures& features,
                                    const std::vector<int>& targets, double power);

}  // namespace eigenprop
