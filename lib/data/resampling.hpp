#pragma once

#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// A rectangle in an image, in pixels; edges may lie between pixels.
struct Rectangle {
  double top = 0;
  double left = 0;
  double height = 0;
  double width = 0;
};

/// A real-valued image, row-major, channels last.
struct FloatImage {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<float> values;
};

/// The rectangle of an image at another size: triangle filter whose support grows when reducing,
/// so that nothing is aliased (Pillow's BILINEAR). Values in 0 .. 255. `flip`: mirrored left-right.
FloatImage resample(const Image& image, const Rectangle& rectangle, int height, int width,
                    bool flip);

/// The rectangle of a label map at another size: the label at each new pixel's centre. Segments
/// are numbered anew, without gaps, in the order of their old numbers.
LabelMap resample(const LabelMap& map, const Rectangle& rectangle, int height, int width,
                  bool flip);

/// Segments numbered 0, 1, ... without gaps, in the order of their old numbers.
LabelMap without_gaps(const LabelMap& map);

}  // namespace eigenprop
