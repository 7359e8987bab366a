#pragma once

#include "data/resampling.hpp"

namespace eigenprop {

/// Factors of an image's colours, in the order in which they act; 1 leaves all as it is.
struct ColourChange {
  double brightness = 1;  ///< of all values
  double contrast = 1;    ///< of the distance to the image's mean grey
  double saturation = 1;  ///< of the distance to each pixel's own grey

  bool none() const { return brightness == 1 && contrast == 1 && saturation == 1; }
};

/// Changes RGB values in 0 .. 255, which stay in this range after each factor, as torchvision's
/// ColorJitter does. Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
void change_colours(FloatImage& image, const ColourChange& change);

}  // namespace eigenprop
