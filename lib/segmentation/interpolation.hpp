#pragma once

#include <vector>

namespace eigenprop {

/// Bilinear interpolation of vectors (height, width, d), row-major, to another size, as the
/// operation bilinear_resize.
std::vector<double> interpolate(const std::vector<double>& values, int height, int width, int d,
                                int to_height, int to_width);

/// Vectors of a grid, whose first components lie `stride` apart.
struct StridedGrid {
  const double* data = nullptr;
  int height = 0;
  int width = 0;
  int dimensions = 0;
  int stride = 0;
};

/// Row `y` of `grid` interpolated to another size; out: (to_width, dimensions).
void interpolate_row(const StridedGrid& grid, int to_height, int to_width, int y, double* out);

}  // namespace eigenprop
