#pragma once

#include <vector>

#include "cuts/eigenvectors.hpp"
#include "data/image.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

/// From features of an image to a set of segmentations (matrix-backpropagation.txt, section 7.2).
struct SegmenterSettings {
  std::vector<std::int64_t> clusters = {2, 3, 4, 5, 6, 8, 10, 12};  ///< one segmentation each
  EigenvectorSettings eigenvectors;
  /// Column j of D^(-1/2)U is multiplied by the j-th eigenvalue to this power: 0 clusters all
  /// directions alike, 1/2 gives rows whose products are those of D^(-1/2) M D^(-1/2).
  double eigenvalue_power = 0.5;
  /// Weights of the k-means: degrees, as Bach and Jordan derive from the cut, or uniform.
  bool weight_by_degree = false;
  std::int64_t sampling = 2;  ///< k-means sees every n-th row and column of the feature map
  std::int64_t restarts = 3;
  /// One segmentation more, of as many segments as the effective rank of the features says, by as
  /// many eigenvectors (segment_leading()); who segments knows the rank.
  bool by_rank = false;
  double epsilon = 0;                ///< of that rank; 0: of the training
  std::int64_t smallest_region = 0;  ///< pixels; smaller connected parts join a neighbour
};

/// Throws InputError, which names the key, for settings that are wrong for any image.
void check_segmenter_settings(const SegmenterSettings& settings);

/// Feature map of one image: row-major (height, width, dimensions).
struct FeatureGrid {
  const double* data = nullptr;
  int height = 0;
  int width = 0;
  int dimensions = 0;
};

/// Leading eigenpairs of a normalized affinity M over a regular grid of an image's pixels.
struct SpectralVectors {
  int height = 0;
  int width = 0;
  int dimensions = 0;
  std::vector<double> eigenvalues;   ///< (dimensions): descending
  std::vector<double> eigenvectors;  ///< row-major (height, width, dimensions)
  std::vector<double> degrees;       ///< (height, width); where 0, a pixel is tied to nothing
  std::vector<double> further_eigenvalues = {};  ///< estimates of those that follow
};

/// Those of W = FΛFᵀ; `lambda`: Λ (d, d), or null for the identity. Without dimensions where all
/// features are zero.
SpectralVectors low_rank_spectrum(const FeatureGrid& features, const double* lambda,
                                  const EigenvectorSettings& settings);

/// Segmentations of a (height, width) image, one for each entry of settings.clusters, connected
/// parts split. Eigenvectors are interpolated to full resolution before pixels are assigned to
/// clusters. `lambda`: Λ (d, d) of W = FΛFᵀ, or null. Features that are all zero give one segment.
std::vector<LabelMap> segment(const FeatureGrid& features, const double* lambda, int height,
                              int width, const SegmenterSettings& settings, const RandomKey& key);

/// The same from the eigenvectors of any affinity.
std::vector<LabelMap> segment_spectrum(const SpectralVectors& spectrum, int height, int width,
                                       const SegmenterSettings& settings, const RandomKey& key);

/// Bach and Jordan's clustering (JMLR 7, 2006, section 2.3): as many eigenvectors as `segments`,
/// k-means of the rows of D^(-1/2)U with weights D, connected parts split. Of `settings` it takes
/// sampling, restarts and smallest_region. One segment where there are no eigenvectors.
LabelMap segment_leading(const SpectralVectors& spectrum, int segments, int height, int width,
                         const SegmenterSettings& settings, const RandomKey& key);

/// The whole number of segments next to an effective rank, 1 at least.
int segments_of_rank(double effective_rank);

/// The same by k-means on given vectors, without eigenvectors: for baselines.
std::vector<LabelMap> segment_vectors(const FeatureGrid& vectors, int height, int width,
                                      const SegmenterSettings& settings, const RandomKey& key);

/// Vectors of a regular grid of an image's pixels: row-major (height, width, dimensions).
struct PixelVectors {
  int height = 0;
  int width = 0;
  int dimensions = 0;
  std::vector<double> values;
};

/// CIE Lab of an image smoothed by a Gaussian of `sigma` pixels, and position, each part scaled to
/// a mean deviation of 1 and `position_weight`, at pixels step/2, step/2 + step, ..., or the middle
/// one of a side that is too short: the features of the baseline without a network. Throws
/// InputError unless step > 0 and 0 < sigma <= 1000.
PixelVectors colour_position_features(const Image& image, double sigma, std::int64_t step,
                                      double position_weight);

/// Vectors of two grids side by side, on the grid of the first: the second is interpolated. Each
/// part is centred and scaled to a mean square norm of 1, the second then multiplied by `weight`.
PixelVectors join_vectors(const PixelVectors& first, const PixelVectors& second, double weight);

}  // namespace eigenprop
