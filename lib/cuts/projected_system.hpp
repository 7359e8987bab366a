#pragma once

#include "cuts/graph_spectrum.hpp"

namespace eigenprop {

/// GraphSpectrum::solve_projected() on these grids. The preconditioner works in the precision of
/// the weights, the system in double. Collective over `comm`; null for one rank.
template <class Weight>
ProjectedSolution solve_projected(const GridHierarchy<Weight>& grids, const GraphEigenvectors& at,
                                  VectorBlock<double> b, const GraphSpectrumSettings& settings,
                                  const Communicator* comm);

}  // namespace eigenprop
