#pragma once

#include <string>

namespace eigenprop {

/// Release number, for instance "0.1.0".
std::string version();

/// Abbreviated git commit of the build, with "-dirty" when the tree had changes, or "unknown".
std::string commit();

}  // namespace eigenprop
