#include "segmentation/contour_segmenter.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "data/nested_partitions.hpp"
#include "runtime/error.hpp"
#include "segmentation/contour_hierarchy.hpp"
#include "segmentation/watershed.hpp"

namespace eigenprop {

void check_hierarchy_settings(const HierarchySettings& s) {
  require(s.sigma > 0 && s.sigma <= 1000, "hierarchy.sigma must lie in (0, 1000]");
  const auto& w = s.weights;
  require(std::isfinite(w.bias) && std::isfinite(w.boundary) && std::isfinite(w.edges) &&
              std::isfinite(w.spectral),
          "the weights of the hierarchy's cues must be finite");
  require(w.boundary != 0 || w.edges != 0 || w.spectral != 0,
          "one of hierarchy.boundary, hierarchy.edges and hierarchy.spectral must not be 0");
  const bool rising = std::adjacent_find(s.thresholds.begin(), s.thresholds.end(),
                                         std::greater_equal<>()) == s.thresholds.end();
  require(!s.thresholds.empty() && rising && s.thresholds.front() > 0 && s.thresholds.back() < 1,
          "hierarchy.thresholds must rise within (0, 1)");
}

ContourSegmentation segment_by_contours(const Image& image, const ContourCues& cues,
                                        const HierarchySettings& settings) {
  check_hierarchy_settings(settings);
  const auto relief = contour_strength(cues, settings.weights);
  ContourSegmentation result;
  result.contours = contour_hierarchy(watershed(relief, image.height, image.width),
                                      side_strengths(relief, image.height, image.width));
  // As files hold them, so that who cuts the file finds the same segments.
  for (double& value : result.contours.values)
    value = static_cast<double>(static_cast<float>(value));
  const auto nested = cut_contours(result.contours, settings.thresholds);
  for (std::size_t t = 0; t < nested.levels.size(); ++t)
    result.maps.push_back(partition(nested, t));
  return result;
}

}  // namespace eigenprop
