#pragma once

#include <vector>

#include "cuts/grid_hierarchy.hpp"

namespace eigenprop {

/// How small residuals ‖M u − λ u‖ must become.
struct SubspaceGoal {
  double tolerance = 1e-4;
  /// Where positive, also this share of the gap behind the vectors that are chosen: the error of
  /// their span is the ratio of the two.
  double gap_share = 0;
  int least_vectors = 0;  ///< as chosen_vectors()
  int most_vectors = 0;

  double tolerance_at(const std::vector<double>& values) const;
};

/// k: `most`, or where `least` is positive, at the widest gap λ_k − λ_(k+1) of least .. most.
/// `values` descend.
int chosen_vectors(int least, int most, const std::vector<double>& values);

struct SubspaceSettings {
  int wanted = 16;  ///< leading eigenvectors that must converge
  int block = 24;   ///< vectors that are carried along
  /// Vectors beyond the wanted ones in whose place random ones come in the end. Coarse grids do not
  /// see a small region that their cells straddle, however loosely it is tied, and what no vector
  /// has a part in no filter finds. Filters raise what random vectors have of it to more than the
  /// rest; up to two million pixels, and some 100 products of few vectors.
  int random_guards = 0;
  SubspaceGoal goal;
  int most_products = 4000;
};

/// Ritz pairs of M, descending, from iterations on every level.
struct Subspace {
  VectorBlock<double> vectors;
  std::vector<double> values;
  std::vector<double> residuals;  ///< ‖M u − λ u‖
  int products = 0;               ///< of M on the finest grid with a block, but those that only
                                  ///< look for what random guards have, of few vectors
  bool converged = false;         ///< the wanted ones, to the goal
  double tolerance = 0;           ///< what the goal was in the end

  /// Largest residual of the first `wanted`.
  double worst(int wanted) const;
};

/// Leading eigenvectors of M by subspace iteration with Chebyshev filters (Zhou, Saad, Tiago and
/// Chelikowsky, J. Comput. Phys. 219, 2006) and Rayleigh-Ritz, from the coarsest grid, where LAPACK
/// solves, to the finest, each level starting from the one before. The degree of the next filter
/// follows from the residuals and from the Ritz values that bound the unwanted part of the
/// spectrum. Where `Weight` is float, filters are computed in single precision, everything else in
/// double. Where a filter would need a high degree, which grows with the image's side, the V-cycle
/// goes on (correct_subspace). Does not throw where it does not converge. Collective.
template <class Weight>
Subspace filtered_subspace(const GridHierarchy<Weight>& grids, const SubspaceSettings& settings);

/// Replaces the vectors by the Ritz pairs of M in their span, with residuals. Throws Error where
/// they are dependent. Collective.
template <class Weight>
void rayleigh_ritz(const HostExecutionSpace& space, const StencilMatrix<Weight>& matrix,
                   Subspace& subspace);

}  // namespace eigenprop
