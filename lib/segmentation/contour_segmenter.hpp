#pragma once

#include <vector>

#include "data/contour_map.hpp"
#include "segmentation/segmenter.hpp"

namespace eigenprop {

/// Segments with sharp edges from a hierarchy of contours instead of k-means.
struct HierarchySettings {
  double sigma = 4;     ///< smoothing of the image in pixels, before its gradient
  double edges = 0.15;  ///< weight of the gradient, which is divided by its mean over the image
  double spectral = 0;  ///< weight of the eigenvectors' contours (spectral_contours.hpp)
  /// Levels at which the hierarchy is cut, one segmentation each, rising in (0, 1).
  std::vector<double> thresholds = {0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
};

/// Throws InputError for settings that are wrong for any image.
void check_hierarchy_settings(const HierarchySettings& settings);

struct ContourSegmentation {
  ContourMap contours;         ///< ultrametric, of strengths in [0, 1), rounded to float
  std::vector<LabelMap> maps;  ///< by threshold
};

/// Regions of a watershed of the boundary strength 1 − exp(−(edges e + spectral s)), merged by the
/// mean strength of their common boundaries (contour_hierarchy.hpp), e the gradient of the image
/// and s the contours of the eigenvectors, interpolated. A spectrum without dimensions has none.
ContourSegmentation segment_by_contours(const Image& image, const SpectralVectors& spectrum,
                                        const HierarchySettings& settings);

}  // namespace eigenprop
