#pragma once

#include "data/colour_change.hpp"
#include "data/resampling.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

/// How an image is cut and scaled before it enters a network.
struct AugmentationSettings {
  std::int64_t long_side = 240;   ///< pixels of the longer side of what enters the network
  std::int64_t short_side = 160;  ///< and of the shorter side; orientation follows the image
  double smallest_crop = 0.6;     ///< sides of the crop, as a fraction of the image's sides
  double largest_crop = 1;
  bool flip = true;     ///< mirror left-right half of the time
  double rotation = 0;  ///< largest angle to either side, degrees; 0: none
  double colour = 0;    ///< largest relative change of brightness, contrast and saturation, below 1
  std::int64_t whole_side = 0;  ///< pixels of the longer side of whole images; 0: long_side

  std::int64_t long_side_of_whole() const { return whole_side > 0 ? whole_side : long_side; }
};

/// The part of an image that is used, and the size it is brought to.
struct View {
  Rectangle rectangle;
  int height = 0;
  int width = 0;
  bool flip = false;
  double degrees = 0;  ///< by which the whole image is turned before (rotation.hpp)
  ColourChange colour;
};

/// A random view, which depends on `key` alone. Throws InputError for settings out of range.
View random_view(const AugmentationSettings& settings, int height, int width, const RandomKey& key);

/// The image as a view shows it.
FloatImage seen(const Image& image, const View& view);

/// A label map under the same view, at another size.
LabelMap seen(const LabelMap& map, const View& view, int height, int width);

/// The whole image at `long_side` pixels along its longer side, its proportions kept; used to
/// segment.
View whole_view(std::int64_t long_side, int height, int width);

}  // namespace eigenprop
