#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/contour_map.hpp"

namespace eigenprop {

/// An 8-bit RGB image, row-major, channels last: pixels[(y * width + x) * 3 + c].
struct Image {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;
};

/// A partition of an image: labels[y * width + x] is the segment of a pixel, 0 .. segments-1.
struct LabelMap {
  int height = 0;
  int width = 0;
  int segments = 0;
  std::vector<std::int32_t> labels;
};

/// An image with the segmentations that several people made of it, or a program.
struct SegmentedImage {
  std::string name;
  Image image;
  std::vector<LabelMap> segmentations;
  ContourMap contours;  ///< hierarchy of segmentations; without values where there is none
};

}  // namespace eigenprop
