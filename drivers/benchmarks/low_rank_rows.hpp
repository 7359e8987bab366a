#pragma once

#include <cstdint>
#include <vector>

#include "cuts/span_moments.hpp"
#include "data/sampling.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

/// Own rows of a random feature matrix F (rows, features), uniform in 0 .. 1, with labels of
/// `segments` bands, spread over the ranks. With `copies`, the matrix stands that often below
/// itself, which leaves the eigenvalues of M and the value of J₂ as they are.
struct LowRankRows {
  std::vector<double> features;
  std::vector<std::int32_t> labels;
  int columns;

  LowRankRows(std::int64_t rows_of_one, std::int64_t features_of_row, std::int64_t segments,
              std::int64_t copies, const Communicator& world)
      : columns(static_cast<int>(features_of_row)) {
    const auto [first, last] = share_of(rows_of_one * copies, world.rank(), world.size());
    const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
    features.reserve(static_cast<std::size_t>((last - first) * features_of_row));
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t row = i % rows_of_one;
      labels.push_back(static_cast<std::int32_t>(row * segments / rows_of_one));
      for (std::int64_t j = 0; j < features_of_row; ++j)
        features.push_back(stream.uniform(static_cast<std::uint64_t>(row * features_of_row + j)));
    }
  }

  FeatureRows rows() const {
    return {features.data(), static_cast<std::int64_t>(labels.size()), columns};
  }
};

}  // namespace eigenprop
