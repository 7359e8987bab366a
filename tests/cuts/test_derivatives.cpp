#include "cuts/registration.hpp"
#include "graph/derivative_checks.hpp"

namespace eigenprop {
namespace {

TEST(CutsOperations, DerivativesAreExact) {
  OperationRegistry registry;
  register_cuts_operations(registry);
  check_all_derivatives(registry);
}

}  // namespace
}  // namespace eigenprop
