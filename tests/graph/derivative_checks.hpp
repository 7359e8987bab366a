#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "graph/checks.hpp"

namespace eigenprop {

/// What the duality check and the Taylor check of DESIGN.md, section 1, find wrong with a case;
/// empty where nothing is. An input without visible influence on any output is wrong as well, and
/// so is an output that no input changes: of its derivative the check would say nothing.
inline std::vector<std::string> derivative_faults(const OperationCase& test, Precision precision,
                                                  std::uint32_t seed) {
  // A step of 0.1 in float leaves remainders of 1e-2 … 1e-4 above a rounding noise of 1e-6.
  const bool f64 = precision == Precision::f64;
  const double duality_bound = f64 ? 1e-12 : 1e-5;
  const double noise = f64 ? 1e-13 : 5e-6;
  const double least_order = f64 ? 1.9 : 1.7;
  const double visible = 100 * noise;

  std::vector<std::string> faults;
  const auto fault = [&](const auto&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    faults.push_back(text.str());
  };
  const double mismatch = duality_mismatch(test, seed);
  if (!(mismatch <= duality_bound)) fault("adjoint and variation differ by ", mismatch);

  const auto all = taylor_remainders(test, seed);
  std::vector<double> of_input(test.inputs.size(), 0);
  std::vector<double> of_output(all.empty() ? 0 : all.back().output + 1, 0);
  for (const auto& taylor : all) {
    const bool alone = taylor.varied.size() == 1;
    const auto input = taylor.varied[0];
    if (alone) of_input[input] = std::max(of_input[input], taylor.change);
    of_output[taylor.output] = std::max(of_output[taylor.output], taylor.change);
    const double order = taylor.order(noise);
    if (!(order >= least_order)) {
      fault("variation of output ", taylor.output, " along ",
            alone ? "input " + std::to_string(input) : "all inputs", " is of order ", order);
    }
  }
  for (std::size_t i = 0; i < test.inputs.size(); ++i) {
    const auto& input = test.inputs[i];
    if (!input.differentiable) continue;
    if (input.influential ? !(of_input[i] > visible) : !(of_input[i] <= noise))
      fault("input ", i, " changes outputs by ", of_input[i]);
  }
  const auto& constant = test.constant_outputs;
  for (std::size_t i = 0; i < of_output.size(); ++i) {
    const bool varies = std::find(constant.begin(), constant.end(), i) == constant.end();
    if (varies ? !(of_output[i] > visible) : !(of_output[i] <= noise))
      fault("inputs change output ", i, " by ", of_output[i]);
  }
  return faults;
}

/// Checks all cases of all operations in both precisions. An operation without any case fails.
inline void check_all_derivatives(const OperationRegistry& registry) {
  EXPECT_FALSE(registry.entries().empty());
  for (const auto& entry : registry.entries()) {
    std::size_t cases = 0;
    for (const Precision precision : {Precision::f32, Precision::f64}) {
      for (const auto& test : entry.cases(precision)) {
        ++cases;
        EXPECT_EQ(test.operation->type(), entry.type);
        for (std::uint32_t seed = 1; seed <= 2; ++seed) {
          for (const auto& fault : derivative_faults(test, precision, seed)) {
            ADD_FAILURE() << entry.type << ", " << precision_name(precision) << ", " << test.name
                          << ", seed " << seed << ": " << fault;
          }
        }
      }
    }
    EXPECT_GT(cases, 0u) << entry.type << " is registered without a case";
  }
}

}  // namespace eigenprop
