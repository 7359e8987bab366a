#include "graph/derivative_checks.hpp"
#include "operations/registration.hpp"

namespace eigenprop {
namespace {

TEST(Operations, DerivativesAreExact) {
  OperationRegistry registry;
  register_operations(registry);
  check_all_derivatives(registry);
}

// Networks run in float and their tests in double; only a cast has its own two precisions.
TEST(Operations, HaveCasesInBothPrecisions) {
  OperationRegistry registry;
  register_operations(registry);
  EXPECT_GE(registry.entries().size(), 12u);
  for (const auto& entry : registry.entries()) {
    if (entry.type.rfind("cast_", 0) == 0) continue;
    EXPECT_FALSE(entry.cases(Precision::f32).empty()) << entry.type << " in float";
    EXPECT_FALSE(entry.cases(Precision::f64).empty()) << entry.type << " in double";
  }
}

}  // namespace
}  // namespace eigenprop
