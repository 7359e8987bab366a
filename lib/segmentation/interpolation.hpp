#pragma once

#include <vector>

namespace eigenprop {

/// Bilinear interpolation of vectors (height, width, d), row-major, to another size, as the
/// operation bilinear_resize.
std::vector<double> interpolate(const std::vector<double>& values, int height, int width, int d,
                                int to_height, int to_width);

}  // namespace eigenprop
