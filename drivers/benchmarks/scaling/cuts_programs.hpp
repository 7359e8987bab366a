#pragma once

#include <memory>
#include <string>

#include "scaling/scaling_programs.hpp"

namespace eigenprop {

/// Normalized cuts of one matrix whose rows are spread over the ranks: "low_rank_gradient" (J₂ and
/// its gradient in F), "low_rank_eigenvectors" (by the Gram matrix or by SLEPc), and of a graph of
/// pixels "graph_eigenvectors" and "graph_gradient" (the truncated J₁ and its gradient in all
/// edges, eigenvectors given).
ScalingPrograms cuts_programs();

}  // namespace eigenprop
