#pragma once

#include <vector>

#include "data/contour_map.hpp"
#include "segmentation/contour_cues.hpp"

namespace eigenprop {

/// Segments with sharp edges from a hierarchy of contours instead of k-means.
struct HierarchySettings {
  double sigma = 4;  ///< smoothing of the image in pixels, before its gradient
  ContourWeights weights = {-3, 1, 1, 0};
  /// Levels at which the hierarchy is cut, one segmentation each, rising in (0, 1).
  std::vector<double> thresholds = {0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5};
};

/// Throws InputError for settings that are wrong for any image.
void check_hierarchy_settings(const HierarchySettings& settings);

struct ContourSegmentation {
  ContourMap contours;         ///< ultrametric, of strengths in [0, 1], rounded to float
  std::vector<LabelMap> maps;  ///< by threshold
};

/// Regions of a watershed of the strength of boundaries (contour_strength()), merged by the mean
/// strength of their common boundaries (contour_hierarchy.hpp).
ContourSegmentation segment_by_contours(const Image& image, const ContourCues& cues,
                                        const HierarchySettings& settings);

}  // namespace eigenprop
