#pragma once

#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// The three planes of CIE Lab of an image, (height * width) each, smoothed by a Gaussian of
/// `sigma` pixels; the image is mirrored at its edges.
std::vector<std::vector<double>> smoothed_lab(const Image& image, double sigma);

/// ‖∇(G_σ * Lab)‖ of every pixel, (height * width): the root of the squares of central differences
/// summed over the three planes. Throws InputError unless 0 < sigma <= 1000.
std::vector<double> lab_gradient(const Image& image, double sigma);

}  // namespace eigenprop
