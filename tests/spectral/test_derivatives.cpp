#include "graph/derivative_checks.hpp"
#include "spectral/registration.hpp"

namespace eigenprop {
namespace {

TEST(SpectralOperations, DerivativesAreExact) {
  OperationRegistry registry;
  register_spectral_operations(registry);
  check_all_derivatives(registry);
}

}  // namespace
}  // namespace eigenprop
