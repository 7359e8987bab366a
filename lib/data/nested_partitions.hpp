#pragma once

#include <cstdint>
#include <vector>

#include "data/contour_map.hpp"
#include "data/image.hpp"

namespace eigenprop {

/// Partitions of one image at rising thresholds, each of unions of the segments before it. A pixel
/// may be a contour, thus in no segment, up to some threshold.
struct NestedPartitions {
  /// The parts of which all segments consist; −1: a contour at every threshold.
  LabelMap atoms;
  struct Level {
    int segments = 0;
    std::vector<std::int32_t> segment_of;  ///< (atoms): 0 .. segments − 1, or −1 for a contour
  };
  std::vector<Level> levels;
};

/// Thresholds 1/(n+1) .. n/(n+1) as MATLAB's linspace computes them: its roundings decide ties with
/// a map's own values.
std::vector<double> benchmark_thresholds(int count = 99);

/// Segments at each of the rising thresholds as the Berkeley benchmark reads a contour map
/// (evaluation_reg_image.m): places of values <= t are labelled with 8-connectivity, and every
/// second place from the second is kept. Segments are numbered in the row-major order of their
/// first pixels. All thresholds together cost about as much as one.
NestedPartitions cut_contours(const ContourMap& contours, const std::vector<double>& thresholds);

/// The partition of one level. Throws InputError where there is no such level.
LabelMap partition(const NestedPartitions& nested, std::size_t level);

}  // namespace eigenprop
