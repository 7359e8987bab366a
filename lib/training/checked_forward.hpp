#pragma once

#include "graph/execution.hpp"

namespace eigenprop {

/// Forward pass of a step. Throws NonFiniteError that tells the first layer whose output is not
/// finite, where the objective or what a layer was given is not; its sample() is the layer's.
void checked_forward(Execution& execution, Value objective, const RandomKey& key);

}  // namespace eigenprop
