#pragma once

#include "data/image.hpp"

namespace eigenprop {

/// The image turned about its centre by `degrees`, clockwise as it is seen, at its own size. What
/// lies outside is its mirror image at the border. Values between pixels are bilinear, rounded.
Image rotated(const Image& image, double degrees);

/// The same for labels: the label at each new pixel's centre, numbered anew without gaps.
LabelMap rotated(const LabelMap& map, double degrees);

}  // namespace eigenprop
