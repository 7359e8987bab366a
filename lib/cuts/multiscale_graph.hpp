#pragma once

#include <memory>
#include <vector>

#include "cuts/filtered_subspace.hpp"
#include "cuts/multiscale_level.hpp"

namespace eigenprop {

/// Normalized cuts of several affinity graphs of one image, W_1 of its pixels and W_2, W_3, ... of
/// larger and larger cells, that are one graph whose nodes are tied by averages (Cour, Bénézit and
/// Shi, CVPR 2005): with X the stacked functions on all nodes,
///
///     maximize tr XᵀWX  over  XᵀDX = I,  X_s(J) = mean of X_1 over the pixels of cell J.
///
/// They project on the constraints. Here they are solved for: X = A x with x = X_1 and A_1 = I, A_s
/// the means, so that every x is one admissible X and the other way round, and the same pairs
/// (λ, X) come from
///
///     K x = λ B x,   K = Σ_s A_sᵀ W_s A_s,   B = Σ_s A_sᵀ D_s A_s,
///
/// of the size of the pixels alone. Cells lie within each other, so that B⁻¹ is known: each scale
/// adds a matrix of rank one a cell, which Sherman and Morrison's formula takes in turn. Pixels
/// without an edge of the finest graph take no part.
///
/// The object holds this problem also for functions that are constant on 2 x 2, 4 x 4, ... pixels
/// (Galerkin); where such a grid is as coarse as a scale, A_s is the identity. Grids beyond the
/// finest are on every rank. Entries of M_s are of type `Weight`.
template <class Weight>
class MultiscaleGraph {
 public:
  /// All loops run on `space`. `coarser`: by ascending cells, on the grids that `finest` becomes by
  /// so many halvings. `vectors`: the coarsest grid keeps more than twice as many nodes. Throws
  /// InputError where grids do not fit, or the finest graph has no edge. Collective over the
  /// communicator of `finest`, which must outlive this.
  MultiscaleGraph(const HostExecutionSpace& space, const AffinityGraph& finest,
                  const std::vector<CoarseScale>& coarser, int vectors);

  /// The finest first.
  const std::vector<MultiscaleLevel<Weight>>& levels() const { return levels_; }

 private:
  std::vector<MultiscaleLevel<Weight>> levels_;
};

/// Leading pairs (λ, D_1^(1/2) x) by subspace iteration with Chebyshev filters of B⁻¹K from the
/// coarsest grid to the finest, as filtered_subspace() does for one graph; xᵀBx = 1, residuals
/// ‖(K − λB) x‖ in the norm of B⁻¹, which are those of Cour's projected problem. Does not throw
/// where it does not converge. Collective.
template <class Weight>
Subspace multiscale_subspace(const MultiscaleGraph<Weight>& graph,
                             const SubspaceSettings& settings);

extern template class MultiscaleGraph<float>;
extern template class MultiscaleGraph<double>;

}  // namespace eigenprop
