#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "node_run.hpp"
#include "reference/dense_cuts.hpp"
#include "spectral/singular_value_decomposition.hpp"
#include "spectral/symmetric_eigendecomposition.hpp"

namespace eigenprop {

inline Dense dense(int rows, int columns, const std::vector<double>& values) {
  return Dense(rows, columns, values);
}

inline std::shared_ptr<Operation> decomposition(
    bool full = false, GapTreatment gaps = {},
    std::shared_ptr<UndeterminedGradient> observer = {}) {
  SingularValueSettings settings;
  settings.full = full;
  settings.gaps = gaps;
  settings.observer = std::move(observer);
  return std::make_shared<SingularValueDecomposition<double>>(settings);
}

inline std::shared_ptr<Operation> eigenvectors(
    GapTreatment gaps = {}, std::shared_ptr<UndeterminedGradient> observer = {}) {
  return std::make_shared<SymmetricEigendecomposition<double>>(
      EigenvectorSettings{gaps, std::move(observer)});
}

// A matrix with singular values apart and nothing else special: normal numbers and a diagonal.
inline std::vector<double> separated(int m, int n, std::uint32_t seed) {
  auto x = normal_numbers(static_cast<std::size_t>(m * n), seed);
  for (int i = 0; i < std::min(m, n); ++i) x[static_cast<std::size_t>(i * n + i)] += 2.5 * i + 1;
  return x;
}

}  // namespace eigenprop
