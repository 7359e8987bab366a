#pragma once

#include <string>

#include "data/image.hpp"
#include "segmentation/segmenter.hpp"

namespace eigenprop {

/// Writes an image with the leading eigenvectors of its graph (format "eigenprop-eigenvectors",
/// version 1): /image (height, width, 3), /eigenvectors (h, w, k), functions D^(-1/2) u of the
/// nodes, /eigenvalues (k and those beyond that are known), attributes `name` and `vectors` (k).
/// Replaces an older file in one step.
void write_eigenvectors(const std::string& path, const SegmentedImage& image,
                        const SpectralVectors& spectrum);

}  // namespace eigenprop
