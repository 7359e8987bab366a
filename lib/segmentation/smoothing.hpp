#pragma once

#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// The three planes of CIE Lab of an image, (height * width) each, smoothed by a Gaussian of
/// `sigma` pixels; the image is mirrored at its edges.
std::vector<std::vector<double>> smoothed_lab(const Image& image, double sigma);

}  // namespace eigenprop
