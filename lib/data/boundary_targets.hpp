#pragma once

#include <cstdint>
#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// The share of people whose boundaries a pixel lies on: of each label map, pixels beside one of
/// another label (above, below, left or right) and those within `radius` pixels of such a one.
/// `maps`: at least one, of one size. Row-major, 0 .. 1. Throws InputError where sizes differ or
/// the radius is negative.
std::vector<double> boundary_shares(const std::vector<LabelMap>& maps, double radius);

/// Weights (pixels, 2) of a logistic loss, for and against a boundary at each pixel, such that both
/// classes have the same weight in all (HED: Xie and Tu, ICCV 2015, section 2.2): β s and
/// (1 − β)(1 − s) of the share s, where β is the mean of 1 − s. Where all pixels are of one class,
/// for which these vanish, it has them all: s and 1 − s.
std::vector<float> balanced_weights(const std::vector<double>& shares);

}  // namespace eigenprop
