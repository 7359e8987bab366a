#pragma once

#include <memory>
#include <vector>

#include "cuts/affinity_graph.hpp"
#include "cuts/vector_block.hpp"

namespace eigenprop {

/// M on one of several grids.
template <class Weight>
struct GridLevel {
  StencilMatrix<Weight> matrix;
  std::vector<double> root, inverse_root;  ///< D^(1/2) and D^(-1/2) of the own pixels
  std::vector<double> all_roots;           ///< D^(1/2) of all pixels where `gathers`
  double lowest = -1;                      ///< no eigenvalue of M is below
  bool gathers = false;                    ///< the next level is on every rank, this one is not
  bool halves = false;                     ///< the next level has half the lines and columns

  const PixelGrid& grid() const { return matrix.grid(); }
};

/// M on coarser and coarser grids. With u = D^(1/2) v, functions v that are constant on 2 x 2
/// pixels span the range of P̂ = D^(1/2) P D_c^(-1/2), whose columns are orthonormal, and M_c = P̂ᵀ M
/// P̂ = D_c^(-1/2) PᵀWP D_c^(-1/2) is the normalized affinity of a grid graph again (a Galerkin
/// coarse grid). Levels do not depend on the number of ranks; where lines can no longer be halved
/// within their ranks, the graph is gathered on all of them.
template <class Weight>
class GridHierarchy {
 public:
  /// All loops run on `space`. `vectors`: the coarsest level keeps more than twice as many pixels.
  /// Collective.
  GridHierarchy(const HostExecutionSpace& space, const AffinityGraph& graph, int vectors);

  const HostExecutionSpace& space() const { return space_; }

  std::size_t levels() const { return levels_.size(); }
  const GridLevel<Weight>& level(std::size_t i) const { return levels_[i]; }
  const GridLevel<Weight>& finest() const { return levels_.front(); }

  /// coarse <- P̂ᵀ fine from level i to i + 1, and fine <- scale P̂ coarse + beta fine. Collective.
  template <class X>
  void restrict_block(std::size_t i, const VectorBlock<X>& fine,
                      const VectorBlock<X>& coarse) const;
  template <class X>
  void prolong_block(std::size_t i, const VectorBlock<X>& coarse, double scale, double beta,
                     const VectorBlock<X>& fine) const;

  /// All eigenvalues of M on the coarsest level, descending, and the eigenvectors (pixels, pixels),
  /// one a column.
  const std::vector<double>& coarsest_values() const { return values_; }
  const std::vector<double>& coarsest_vectors() const { return vectors_; }

  /// z <- B r with a symmetric, positive semi-definite B near (I − M)⁻¹ off its null space: one
  /// W-cycle with `smoothing` steps of Lottes' smoother before
  /// and after (Chebyshev polynomials of the fourth kind; Numer. Linear Algebra Appl. 30, 2023).
  /// Collective.
  template <class X>
  void precondition(const VectorBlock<X>& r, const VectorBlock<X>& z, int smoothing) const {
    precondition(0, r, z, smoothing);
  }
  /// That of M on level i.
  template <class X>
  void precondition(std::size_t i, const VectorBlock<X>& r, const VectorBlock<X>& z,
                    int smoothing) const;

 private:
  void add_level(const AffinityGraph& graph);
  void solve_coarsest(const AffinityGraph& graph);
  template <class X>
  void coarsest_solve(const VectorBlock<X>& r, const VectorBlock<X>& z) const;

  HostExecutionSpace space_;
  const Communicator* comm_;
  std::vector<GridLevel<Weight>> levels_;
  std::vector<double> values_, vectors_;
};

extern template class GridHierarchy<float>;
extern template class GridHierarchy<double>;

/// A bound from below of the eigenvalues of M, from a few steps of Lanczos' method. Collective.
template <class Weight>
double lowest_eigenvalue(const HostExecutionSpace& space, const StencilMatrix<Weight>& matrix);

}  // namespace eigenprop
