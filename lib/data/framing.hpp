#pragma once

#include <vector>

#include "data/image.hpp"
#include "data/normalization.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

/// How images of a classification data set enter a network: at their own scale, centred in a
/// square, what lies outside the image at the mean (matrix-backpropagation.txt, section 7.1).
struct FramingSettings {
  std::int64_t side = 32;   ///< of the square; larger images are cropped
  std::int64_t jitter = 0;  ///< training: random shift by up to so many pixels in each direction
  bool flip = true;         ///< training: mirror half of the images left-right
};

/// Where an image lies in its square frame.
struct Placement {
  std::int64_t down = 0;  ///< pixels away from the centre
  std::int64_t right = 0;
  bool flip = false;
};

/// A random placement, which depends on `key` alone.
Placement random_placement(const FramingSettings& settings, const RandomKey& key);

/// Appends the normalized image in a frame of side x side pixels, row-major, channels last, to
/// `frames`; zero where there is no image.
void append_framed(const Image& image, const PixelSettings& pixels, std::int64_t side,
                   const Placement& placement, std::vector<float>& frames);

}  // namespace eigenprop
