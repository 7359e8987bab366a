#pragma once

#include <vector>

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
TruncatedAlignment truncated_alignment(const HostExecutionSpace& space,
                                       const VectorBlock<double>& u,
                                       const std::vector<double>& degrees,
                                       const Segmentations& segmentations,
                                       const Communicator* comm);

/// C U for C = ∂J/∂P = −(mean over annotators of ĒĒᵀ).
VectorBlock<double> alignment_right_sides(const HostExecutionSpace& space,
                                          const TruncatedAlignment& alignment,
                                          const std::vector<double>& degrees,
                                          const Segmentations& segmentations);

/// ∂J/∂D through Ē, U held: of own pixels; 0 where D is 0.
std::vector<double> alignment_degree_gradient(const HostExecutionSpace& space,
                                              const TruncatedAlignment& alignment,
                                              const VectorBlock<double>& u,
                                              const std::vector<double>& degrees,
                                              const Segmentations& segmentations);

}  // namespace eigenprop
