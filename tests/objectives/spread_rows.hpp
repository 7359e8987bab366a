#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "test_session.hpp"

namespace eigenprop {

using Values = std::vector<double>;

inline Values random_values(std::size_t count, double scale, unsigned seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal(0, scale);
  Values values(count);
  for (auto& value : values) value = normal(generator);
  return values;
}

/// Own share of n rows: an uneven one, with no rows at all on the second rank of three or more.
inline std::pair<std::int64_t, std::int64_t> share(std::int64_t n) {
  const auto& comm = test_communicator();
  const auto boundary = [&](int rank) {
    if (rank == 0) return std::int64_t{0};
    if (rank == comm.size()) return n;
    if (comm.size() > 2 && rank <= 2) return n / 4;
    return n * rank * rank / (comm.size() * comm.size());
  };
  return {boundary(comm.rank()), boundary(comm.rank() + 1)};
}

/// Own rows of n.
template <class T>
std::vector<T> part(const std::vector<T>& all, std::int64_t n,
                    std::pair<std::int64_t, std::int64_t> own) {
  const auto columns = static_cast<std::int64_t>(all.size()) / n;
  return {all.begin() + own.first * columns, all.begin() + own.second * columns};
}

}  // namespace eigenprop
