#pragma once

#include "data/contour_map.hpp"

namespace eigenprop {

/// The pixels of two boundary maps that have a partner in the other.
struct BoundaryMatch {
  BoundaryMap first;
  BoundaryMap second;
  double cost = 0;  ///< sum of the distances in 1/100 pixel, each rounded
};

/// Pairs pixels of two boundary maps, each with at most one of the other at a distance up to
/// `reach` times the images' diagonal: as many pairs as possible, of these the least sum of
/// distances, which are rounded to 1/100 pixel (Martin, Fowlkes and Malik, PAMI 26, 2004;
/// correspondPixels of the Berkeley benchmark, whose outliers cost 100 times the largest distance
/// and so never pay). Throws InputError where sizes differ.
BoundaryMatch match_boundaries(const BoundaryMap& first, const BoundaryMap& second,
                               double reach = 0.0075);

}  // namespace eigenprop
