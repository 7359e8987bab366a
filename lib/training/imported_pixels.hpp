#pragma once

#include <string>

#include "data/normalization.hpp"

namespace eigenprop {

/// Compares the pixels that the parameters in checkpoint `path` were trained on, as far as its
/// group /parameters says (attributes pixels_space, pixels_mean, pixels_deviation:
/// import_weights.py), with those of a training. Returns a line that names both where they differ,
/// or an empty one. Throws InputError for a file that cannot be read.
std::string imported_pixels_remark(const std::string& path, const PixelSettings& pixels);

}  // namespace eigenprop
