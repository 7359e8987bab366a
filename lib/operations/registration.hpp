#pragma once

#include "graph/registry.hpp"

namespace eigenprop {

/// Adds the operations of this room to the derivative checks.
void register_operations(OperationRegistry& registry);

}  // namespace eigenprop
