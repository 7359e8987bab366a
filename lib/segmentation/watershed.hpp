#pragma once

#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// Catchment basins of a relief (height * width, row-major), one for each regional minimum, flooded
/// in the order of heights (Meyer, 1991), of equal ones from the lowest side first and then in the
/// order of arrival: every pixel belongs to a basin, where it can to that of its lowest side. All
/// basins are connected through sides of pixels, and boundaries run between pixels.
/// Numbered in the row-major order of their minima. Throws InputError for a value that is no
/// number.
LabelMap watershed(const std::vector<double>& relief, int height, int width);

}  // namespace eigenprop
