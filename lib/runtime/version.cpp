#include "runtime/version.hpp"

#include "commit.hpp"

namespace eigenprop {

std::string version() { return EIGENPROP_VERSION; }

std::string commit() { return EIGENPROP_COMMIT; }

}  // namespace eigenprop
