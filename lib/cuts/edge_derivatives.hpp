#pragma once

#include <vector>

#include "cuts/affinity_graph.hpp"
#include "cuts/vector_block.hpp"

namespace eigenprop {

/// Gradient in an edge tensor of a function of M and D, gathered from terms
/// ∂/∂M = Σ factor · a bᵀ. Only S = ∂/∂M + (∂/∂M)ᵀ on M's nonzeros counts, for a symmetric dM:
///
///     ∂/∂w_ij = S_ij / √(D_i D_j) + g_i + g_j,
///     g_i = ∂/∂D_i − (1 / 2D_i) Σ_j S_ij M_ij
///
/// Edges of pairs that leave the image, or of pixels without degree, get zero. The graph must
/// outlive the object, whose loops run on `space`; all members but the constructor are collective.
class EdgeGradient {
 public:
  /// `edges`: (own lines, width, offsets), where the gradient is gathered.
  EdgeGradient(const HostExecutionSpace& space, const AffinityGraph& graph, double* edges);

  /// Adds factor · Σ_columns a bᵀ; m_a and m_b are M a and M b.
  void add(const VectorBlock<double>& a, const VectorBlock<double>& b,
           const VectorBlock<double>& m_a, const VectorBlock<double>& m_b, double factor);

  /// Completes the gradient, times `scale`. `of_degrees`: ∂/∂D of own pixels beside what reaches D
  /// through M; empty for zero.
  void finish(const std::vector<double>& of_degrees, double scale);

 private:
  HostExecutionSpace space_;
  const AffinityGraph& graph_;
  double* edges_;
  std::vector<double> row_sums_;  ///< Σ_j S_ij M_ij
};

/// First-order change of M for one of the edges:
/// dM = D^(-1/2) dW D^(-1/2) − ½ (E M + M E), E = dD / D. The graph must outlive the object.
class NormalizedChange {
 public:
  /// `edge_changes`: (own lines, width, offsets). Collective.
  NormalizedChange(const HostExecutionSpace& space, const AffinityGraph& graph,
                   const double* edge_changes);

  /// out <- dM x; m_x is M x. Collective.
  void apply(const VectorBlock<double>& x, const VectorBlock<double>& m_x,
             const VectorBlock<double>& out) const;

  const std::vector<double>& degrees() const { return d_degrees_; }

 private:
  HostExecutionSpace space_;
  const AffinityGraph& graph_;
  StencilMatrix<double> change_;
  std::vector<double> d_degrees_, inverse_root_;
};

/// x diag(factors).
VectorBlock<double> scaled_columns(const HostExecutionSpace& space, const VectorBlock<double>& x,
                                   const std::vector<double>& factors);

}  // namespace eigenprop
