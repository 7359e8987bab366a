#pragma once

#include "cuts/filtered_subspace.hpp"

namespace eigenprop {

/// Brings the Ritz vectors of level i to `goal` by a locally optimal block method (Knyazev, SIAM J.
/// Sci. Comput. 23, 2001): each step adds to the span the V-cycle of the wanted vectors' residuals,
/// and the directions of the step before, whose orthonormal basis comes from coefficients
/// (Hetmaniuk and Lehoucq, J. Comput. Phys. 218, 2006). The V-cycle sees coarse and fine errors
/// alike, so that the number of steps does not grow with the image, where the degrees of a filter
/// do, with its side.
///
/// `subspace`: Ritz pairs of level i, as rayleigh_ritz() leaves them. Ends where the residuals of
/// the first `wanted` are within the goal, or after `most` products with M, which it adds to
/// `products`. Collective.
template <class Weight>
void correct_subspace(const GridHierarchy<Weight>& grids, std::size_t i, int wanted,
                      const SubspaceGoal& goal, int most, Subspace& subspace);

}  // namespace eigenprop
