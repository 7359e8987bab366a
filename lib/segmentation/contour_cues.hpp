#pragma once

#include <vector>

#include "data/image.hpp"
#include "segmentation/segmenter.hpp"

namespace eigenprop {

/// What tells of a boundary at the pixels of an image, (height * width) each; a cue that is not
/// known is empty.
struct ContourCues {
  std::vector<float> boundary;  ///< log odds of a boundary by a network, in [-8, 8]
  std::vector<float> edges;     ///< log(1 + g), g the gradient of Lab divided by its mean
  std::vector<float> spectral;  ///< log(1 + s), s the contours of eigenvectors, interpolated
};

/// `probability`: of a boundary at each pixel by a network, or empty. `spectrum`: leading
/// eigenvectors, or none (without dimensions). `sigma`: smoothing of the image in pixels, before
/// its gradient. Throws InputError where sizes differ, or unless 0 < sigma <= 1000.
ContourCues contour_cues(const Image& image, const std::vector<float>& probability,
                         const SpectralVectors& spectrum, double sigma);

/// Weights of cues.
struct ContourWeights {
  double bias = 0;
  double boundary = 0;
  double edges = 0;
  double spectral = 0;
};

/// 1 / (1 + exp(−x / 4)) of the log odds x = bias + Σ weight * cue of a boundary at each pixel: its
/// strength. A cue that is empty counts as 0; at least one must be known.
std::vector<double> contour_strength(const ContourCues& cues, const ContourWeights& weights);

}  // namespace eigenprop
