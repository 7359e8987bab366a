#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "runtime/communicator.hpp"
#include "segmentation/contour_cues.hpp"

namespace eigenprop {

/// Cues of pixels and people's boundaries there, from which the weights of cues are learned, as gPb
/// learns those of its channels (Arbeláez, Maire, Fowlkes and Malik, PAMI 33, 2011, section 3.3),
/// here by logistic regression.
class ContourSamples {
 public:
  /// Adds every `stride`-th row and column of an image. `shares`: of people who see a boundary at a
  /// pixel, (height * width). A cue that is empty counts as 0, as in contour_strength(): an image
  /// may be too small for eigenvectors. Throws InputError where sizes differ.
  void add(const ContourCues& cues, const std::vector<double>& shares, int height, int width,
           int stride);

  /// The weights of greatest likelihood of all ranks' samples; cues that are never known get 0.
  /// Newton's method with a line search, and a ridge of 1e-8 per sample, which settles weights of
  /// cues that say nothing. Throws InputError without samples, and Error where it does not
  /// converge. Collective.
  ContourWeights fit(const Communicator& comm) const;

 private:
  static constexpr std::size_t count = 4;  // bias, boundary, edges, spectral

  // The negative log-likelihood with the ridge, of all ranks' samples.
  struct Objective {
    double value = 0;
    std::array<double, count> gradient{};
    std::array<double, count * count> hessian{};  // row-major
  };
  Objective objective(const std::array<double, count>& weights, double ridge,
                      const Communicator& comm) const;

  std::vector<double> cues_;    // (samples, count)
  std::vector<double> shares_;  // (samples)
};

}  // namespace eigenprop
