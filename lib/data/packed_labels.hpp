#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {

/// The part that packed data sets and results of the driver `segment` have in common:
/// /images/{name,size,offset,first_segmentation} and /segmentations/{labels,offset,segments},
/// and, where images have contour maps, /contours/{values,offset}, float, (2 height + 1) x
/// (2 width + 1) an image. Returns images without pixels. Throws InputError where maps and sizes
/// contradict, or contours are not finite.
std::vector<SegmentedImage> read_label_maps(const H5File& file);

/// Writes the same part; labels in 16 bits, or in 32 where a map has 65,536 segments or more. Maps
/// must be of their images' sizes, and all images have contours or none.
void write_label_maps(H5File& file, const std::vector<SegmentedImage>& images);

}  // namespace eigenprop
