#pragma once

#include <string>

#include "models/ncuts_options.hpp"

namespace eigenprop {

/// Table of a graph's layers for inputs of these shapes, in order of their creation: output shape,
/// parameters, memory, floating-point operations of the forward pass; allocates no activations.
std::string describe_graph(const Graph& graph, const std::vector<TensorSpec>& inputs);

struct NCutsGraph {
  Graph graph;
  std::vector<TensorSpec> inputs;
};

/// The DeepNCuts model with its inputs for a training view.
NCutsGraph ncuts_graph(const NCutsTrainingSettings& settings);

}  // namespace eigenprop
