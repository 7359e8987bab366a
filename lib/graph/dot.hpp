#pragma once

#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace eigenprop {

/// The graph in the DOT language of Graphviz: a box for each operation with its name, type and
/// shape of output, rounded boxes for inputs, ellipses for parameters; edges follow the data.
/// `inputs` as for Graph::plan; throws InputError that names the layer where shapes do not fit.
std::string to_dot(const Graph& graph, const std::vector<TensorSpec>& inputs);

}  // namespace eigenprop
