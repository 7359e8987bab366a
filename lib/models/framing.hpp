#pragma once

#include <vector>

#include "models/classification_trainer.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

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
