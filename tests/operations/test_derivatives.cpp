#include "graph/derivative_checks.hpp"
#include "operations/register.hpp"

namespace eigenprop {
namespace {

TEST(Operations, DerivativesAreExact) {
  OperationRegistry registry;
  register_operations(registry);
  check_all_derivatives(registry);
}

}  // namespace
}  // namespace eigenprop
