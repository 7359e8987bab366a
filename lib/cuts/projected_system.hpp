#pragma once

#include "cuts/graph_spectrum.hpp"

namespace eigenprop {

/// GraphSpectrum::solve_projected() on these grids. The preconditioner works in the precision of
/// the weights, the system in double. Says where it has not converged; throws Error where an
/// eigenvector is missing. Collective over `comm`; null for one rank.
template <class Weight>
ProjectedSolution solve_projected(const GridHierarchy<Weight>& grids, const GraphEigenvectors& at,
                                  const VectorBlock<double>& b,
                                  const GraphSpectrumSettings& settings, const Communicator* comm);

}  // namespace eigenprop
