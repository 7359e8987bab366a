#pragma once

#include <gtest/gtest.h>

#include "graph/checks.hpp"

namespace eigenprop {

/// Runs the duality check and the Taylor check of DESIGN.md, section 1, over all cases of all
/// operations in both precisions. An operation without any case fails.
inline void check_all_derivatives(const OperationRegistry& registry) {
  for (const auto& entry : registry.entries()) {
    std::size_t cases = 0;
    for (const Precision precision : {Precision::f32, Precision::f64}) {
      // A step of 0.1 in float leaves remainders of 1e-2 … 1e-4 above a rounding noise of 1e-6.
      const double duality_bound = precision == Precision::f64 ? 1e-12 : 1e-5;
      const double noise = precision == Precision::f64 ? 1e-13 : 5e-6;
      const double least_order = precision == Precision::f64 ? 1.9 : 1.7;
      for (const auto& test : entry.cases(precision)) {
        SCOPED_TRACE(entry.type + ", " + precision_name(precision) + ", " + test.name);
        ++cases;
        EXPECT_EQ(test.operation->type(), entry.type);
        for (std::uint32_t seed = 1; seed <= 2; ++seed) {
          EXPECT_LE(duality_mismatch(test, seed), duality_bound);
          EXPECT_GE(taylor_remainders(test, seed).order(noise), least_order);
        }
      }
    }
    EXPECT_GT(cases, 0u) << entry.type << " is registered without a case";
  }
}

}  // namespace eigenprop
