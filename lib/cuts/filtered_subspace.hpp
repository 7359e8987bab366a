#pragma once

#include <vector>

#include "cuts/grid_hierarchy.hpp"

namespace eigenprop {

struct SubspaceSettings {
  int wanted = 16;          ///< leading eigenvectors that must converge
  int block = 24;           ///< vectors that are carried along
  double tolerance = 1e-4;  ///< of ‖M u − λ u‖
  int most_products = 4000;
};

/// Ritz pairs of M, descending, from iterations on every level.
struct Subspace {
  VectorBlock<double> vectors;
  std::vector<double> values;
  std::vector<double> residuals;  ///< ‖M u − λ u‖
  int products = 0;               ///< of M on the finest grid with a block
  bool converged = false;         ///< the wanted ones, to the tolerance
};

/// Leading eigenvectors of M by subspace iteration with Chebyshev filters (Zhou, Saad, Tiago and
/// Chelikowsky, J. Comput. Phys. 219, 2006) and Rayleigh-Ritz, from the coarsest grid, where LAPACK
/// solves, to the finest, each level starting from the one before. The degree of the next filter
/// follows from the residuals and from the Ritz values that bound the unwanted part of the
/// spectrum. Where `Weight` is float, filters are computed in single precision, everything else in
/// double. Does not throw where it does not converge. Collective.
template <class Weight>
Subspace filtered_subspace(const GridHierarchy<Weight>& grids, const SubspaceSettings& settings);

/// Replaces the vectors by the Ritz pairs of M in their span, with residuals. Throws Error where
/// they are dependent. Collective.
template <class Weight>
void rayleigh_ritz(const HostExecutionSpace& space, const StencilMatrix<Weight>& matrix,
                   Subspace& subspace);

}  // namespace eigenprop
