#pragma once

#include <vector>

#include "data/contour_map.hpp"
#include "data/image.hpp"

namespace eigenprop {

/// Merges adjacent regions pair by pair, the weakest common boundary first (Arbeláez, Maire,
/// Fowlkes and Malik, PAMI 33, 2011, section 4.2). A boundary runs along the sides of pixels of two
/// regions; its strength is the mean over these sides, also where it consists of the boundaries of
/// several merged regions. Returns the ultrametric contour map: of every side the level at which
/// the regions beside it become one, no level below those of its parts; corners take the largest of
/// their sides, the frame copies what lies beside it. `strength`: of every side between two pixels,
/// finite; other places do not count. Throws InputError where sizes differ.
ContourMap contour_hierarchy(const LabelMap& regions, const ContourMap& strength);

/// Strengths of sides from those of pixels (height * width): the larger of the two.
ContourMap side_strengths(const std::vector<double>& strength, int height, int width);

}  // namespace eigenprop
