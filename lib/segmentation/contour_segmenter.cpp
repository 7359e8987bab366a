#include "segmentation/contour_segmenter.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "data/nested_partitions.hpp"
#include "runtime/error.hpp"
#include "segmentation/contour_hierarchy.hpp"
#include "segmentation/interpolation.hpp"
#include "segmentation/smoothing.hpp"
#include "segmentation/spectral_contours.hpp"
#include "segmentation/watershed.hpp"

namespace eigenprop {
namespace {

std::vector<double> strength(const Image& image, const SpectralVectors& spectrum,
                             const HierarchySettings& settings) {
  auto result = lab_gradient(image, settings.sigma);
  const double mean =
      std::accumulate(result.begin(), result.end(), 0.0) / static_cast<double>(result.size());
  for (double& value : result) value *= mean > 0 ? settings.edges / mean : 0;
  if (settings.spectral > 0 && spectrum.dimensions > 0) {
    const auto contours = spectral_contours(spectrum);
    const auto full =
        interpolate(contours.values, contours.height, contours.width, 1, image.height, image.width);
    for (std::size_t i = 0; i < result.size(); ++i) result[i] += settings.spectral * full[i];
  }
  for (double& value : result) value = -std::expm1(-value);
  return result;
}

}  // namespace

void check_hierarchy_settings(const HierarchySettings& s) {
  require(s.sigma > 0 && s.sigma <= 1000, "hierarchy.sigma must lie in (0, 1000]");
  require(s.edges >= 0 && s.spectral >= 0 && std::isfinite(s.edges) && std::isfinite(s.spectral) &&
              s.edges + s.spectral > 0,
          "hierarchy.edges and hierarchy.spectral must not be negative, and one must be positive");
  const bool rising = std::adjacent_find(s.thresholds.begin(), s.thresholds.end(),
                                         std::greater_equal<>()) == s.thresholds.end();
  require(!s.thresholds.empty() && rising && s.thresholds.front() > 0 && s.thresholds.back() < 1,
          "hierarchy.thresholds must rise within (0, 1)");
}

ContourSegmentation segment_by_contours(const Image& image, const SpectralVectors& spectrum,
                                        const HierarchySettings& settings) {
  check_hierarchy_settings(settings);
  const auto relief = strength(image, spectrum, settings);
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
