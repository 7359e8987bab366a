#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {

/// The part that packed data sets and results of the driver `segment` have in common:
/// /images/{name,size,offset,first_segmentation} and /segmentations/{labels,offset,segments}.
/// Returns images without pixels. Throws InputError where label maps and sizes contradict.
std::vector<SegmentedImage> read_label_maps(const H5File& file);

/// Writes the same part. Label maps must be of their images' sizes and have fewer than 65,536
/// segments.
void write_label_maps(H5File& file, const std::vector<SegmentedImage>& images);

}  // namespace eigenprop
