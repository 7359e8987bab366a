#pragma once

#include "graph/registry.hpp"

namespace eigenprop {

/// Adds the operations of this room to the derivative checks.
void register_spectral_operations(OperationRegistry& registry);

/// The part of it with decompositions, the functions composed of them, roots and projectors.
void register_decompositions(OperationRegistry& registry);

}  // namespace eigenprop
