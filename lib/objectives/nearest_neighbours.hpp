#pragma once

#include <cstdint>
#include <vector>

#include "tensor/execution_space.hpp"

namespace eigenprop {

/// Points of a set, row-major in host memory.
struct PointRows {
  const double* data;
  std::int64_t rows;
  int dimensions;
};

/// The k nearest of `points` for each query, (queries, k), by Euclidean distance, nearest first; of
/// points at the same distance the first. `skip[i]`, where given, is a point that query i must not
/// count: itself, for leave-one-out scores. Throws InputError unless 1 <= k <= points that count.
std::vector<std::int64_t> nearest_neighbours(const HostExecutionSpace& space,
                                             const PointRows& queries, const PointRows& points,
                                             std::int64_t k,
                                             const std::vector<std::int64_t>& skip = {});

/// The same on the default instance, for callers outside of graphs.
inline std::vector<std::int64_t> nearest_neighbours(const PointRows& queries,
                                                    const PointRows& points, std::int64_t k,
                                                    const std::vector<std::int64_t>& skip = {}) {
  return nearest_neighbours(HostExecutionSpace(), queries, points, k, skip);
}

/// Class of each query by the vote of its neighbours (queries, k); of classes with as many votes
/// the one with the nearest neighbour.
std::vector<std::int32_t> vote(const std::vector<std::int64_t>& neighbours, std::int64_t k,
                               const std::vector<std::int32_t>& labels);

/// Mean target of each query's neighbours, (queries, dimensions).
std::vector<double> average_targets(const std::vector<std::int64_t>& neighbours, std::int64_t k,
                                    const std::vector<double>& targets, std::int64_t dimensions);

}  // namespace eigenprop
