#pragma once

#include <vector>

#include "cuts/affinity_graph.hpp"
#include "cuts/scale_average.hpp"

namespace eigenprop {

/// An affinity graph over cells of 2^halvings x 2^halvings pixels, whole on every rank.
struct CoarseScale {
  int halvings = 0;
  AffinityGraph graph;
};

/// The pencil (K, B) of multiscale_graph.hpp on one grid, in the unknowns D^(1/2) x of its pixels,
///
///     K = Σ_0 M_s + Σ_s Â_sᵀ M_s Â_s,   B = I + Σ_s Â_sᵀ Â_s,   Â_s = D_s^(1/2) A_s D^(-1/2),
///
/// where Σ_0 and D are over the scales that are as fine as the grid, M_s = D^(-1/2) W_s D^(-1/2)
/// there. B⁻¹ = I − Σ_s V_sᵀ V_s, V_s with the pattern of Â_s.
template <class Weight>
class MultiscaleLevel {
 public:
  /// All loops run on `space`. `finest`: graphs over the pixels of the grid. `coarser`: by
  /// ascending cells. `weights`: of the own pixels in the averages. Collective.
  MultiscaleLevel(const HostExecutionSpace& space, const std::vector<const AffinityGraph*>& finest,
                  const std::vector<const CoarseScale*>& coarser,
                  const std::vector<double>& weights);

  const HostExecutionSpace& space() const { return space_; }
  const PixelGrid& grid() const { return grid_; }
  const Communicator* communicator() const { return comm_; }
  /// D^(1/2) and D^(-1/2) of the own pixels.
  const std::vector<double>& root() const { return root_; }
  const std::vector<double>& inverse_root() const { return inverse_root_; }
  /// No eigenvalue of the pencil is below.
  double lowest() const { return lowest_; }

  /// out <- K x; out may not be x. Collective.
  template <class X>
  void multiply(const VectorBlock<X>& x, const VectorBlock<X>& out) const;
  /// x <- B⁻¹ x. Collective.
  template <class X>
  void solve(const VectorBlock<X>& x) const;
  /// out <- B x. Collective.
  void multiply_by_mass(const VectorBlock<double>& x, const VectorBlock<double>& out) const;

 private:
  struct Scale {
    StencilMatrix<Weight> matrix;
    ScaleAverage average;  ///< Â_s
    ScaleAverage inverse;  ///< V_s
  };

  HostExecutionSpace space_;
  PixelGrid grid_;
  const Communicator* comm_;
  std::vector<StencilMatrix<Weight>> finest_;
  std::vector<Scale> coarser_;
  std::vector<double> root_, inverse_root_;
  double lowest_ = 1;
};

extern template class MultiscaleLevel<float>;
extern template class MultiscaleLevel<double>;

}  // namespace eigenprop
