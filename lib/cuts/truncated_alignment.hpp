#pragma once

#include <vector>

#include "cuts/affinity_graph.hpp"
#include "cuts/span_moments.hpp"
#include "cuts/vector_block.hpp"

namespace eigenprop {

/// Value of the truncated J₁ (Bach and Jordan, JMLR 7, 2006; matrix-backpropagation.txt, eq. 50,
/// for the projector P = UUᵀ of k leading eigenvectors of M):
///
///     J = ½‖P − Π_Ω‖² = (k + c)/2 − ‖UᵀĒ‖²,   ‖UᵀĒ‖² = Σ_s ‖t_s‖² / n_s,
///
/// t_s = Σ_(i in s) √D_i u(i), n_s = Σ_(i in s) D_i over the segments s, of which c have a mass.
/// For several annotators the mean of their objectives.
struct TruncatedAlignment {
  double value = 0;
  int vectors = 0;
  int segments = 0;            ///< that have a mass, summed over annotators
  std::vector<double> sums;    ///< (total, k): t_s
  std::vector<double> masses;  ///< (total): n_s
};

/// `u`: the k eigenvectors. Collective over `comm`; null for one rank.
TruncatedAlignment truncated_alignment(const VectorBlock<double>& u,
                                       const std::vector<double>& degrees,
                                       const Segmentations& segmentations,
                                       const Communicator* comm);

/// C U for C = ∂J/∂P = −(mean over annotators of ĒĒᵀ).
VectorBlock<double> alignment_right_sides(const TruncatedAlignment& alignment,
                                          const std::vector<double>& degrees,
                                          const Segmentations& segmentations);

/// ∂J/∂D through Ē, U held: of own pixels; 0 where D is 0.
std::vector<double> alignment_degree_gradient(const TruncatedAlignment& alignment,
                                              const VectorBlock<double>& u,
                                              const std::vector<double>& degrees,
                                              const Segmentations& segmentations);

/// Gradient in the edge tensor (own lines, width, offsets) of a function with
/// ∂/∂M = Σ_l z_l u_lᵀ + u_l z_lᵀ on M's nonzeros, and ∂/∂D = `of_degrees` beside what reaches D
/// through M, times `scale`:
///
///     ∂/∂w_ij = 2 (∂/∂M)_ij / √(D_i D_j) + g_i + g_j,
///     g_i = of_degrees_i − (1/D_i) Σ_l u_l(i) (M z_l)(i) + λ_l z_l(i) u_l(i)
///
/// for eigenpairs (λ_l, u_l) of M. Edges of pairs that leave the image, or of pixels without
/// degree, get zero. `m_z`: M Z. Collective.
void edge_gradient(const AffinityGraph& graph, const VectorBlock<double>& u,
                   const std::vector<double>& values, const VectorBlock<double>& z,
                   const VectorBlock<double>& m_z, const std::vector<double>& of_degrees,
                   double scale, double* edges);

/// dM U for a change of the edges, and the change of the degrees:
/// dM = D^(-1/2) dW D^(-1/2) − ½ (E M + M E), E = dD / D, M U = U Λ. Collective.
struct NormalizedChange {
  VectorBlock<double> d_m_u;
  std::vector<double> d_degrees;
};
NormalizedChange normalized_change(const AffinityGraph& graph, const VectorBlock<double>& u,
                                   const std::vector<double>& values, const double* edge_changes);

}  // namespace eigenprop
