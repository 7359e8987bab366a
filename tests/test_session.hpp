#pragma once

#include "runtime/communicator.hpp"

namespace eigenprop {

/// Communicator of all ranks of the running test program.
const Communicator& test_communicator();

}  // namespace eigenprop
