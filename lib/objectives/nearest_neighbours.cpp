#include "objectives/nearest_neighbours.hpp"

#include <algorithm>
#include <map>

#include "objectives/detail/transposed_points.hpp"
#include "objectives/row_blocks.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Leaves in `best` the indices of the k least of `count` squared distances, the least first.
void select(const double* squared, std::int64_t count, std::int64_t skip, std::int64_t k,
            std::vector<std::pair<double, std::int64_t>>& candidates, std::int64_t* best) {
  candidates.clear();
  for (std::int64_t j = 0; j < count; ++j) {
    if (j != skip) candidates.emplace_back(squared[j], j);
  }
  std::partial_sort(candidates.begin(), candidates.begin() + k, candidates.end());
  for (std::int64_t i = 0; i < k; ++i) best[i] = candidates[index(i)].second;
}

}  // namespace

std::vector<std::int64_t> nearest_neighbours(const HostExecutionSpace& space,
                                             const PointRows& queries, const PointRows& points,
                                             std::int64_t k,
                                             const std::vector<std::int64_t>& skip) {
  require(queries.dimensions == points.dimensions,
          "queries have " + std::to_string(queries.dimensions) + " dimensions, points " +
              std::to_string(points.dimensions));
  require(skip.empty() || static_cast<std::int64_t>(skip.size()) == queries.rows,
          "a point to be skipped for each query, or for none");
  const std::int64_t count = points.rows - (skip.empty() ? 0 : 1);
  require(k >= 1 && k <= count, "the number of neighbours must be 1 to " + std::to_string(count) +
                                    ", not " + std::to_string(k));
  std::vector<std::int64_t> result(index(queries.rows * k));
  const auto columns = neighbours::transposed(points.data, points.rows, points.dimensions);
  const std::int64_t stride = neighbours::padded(points.rows);
  neighbours::for_each_block(
      space, "nearest neighbours", queries.rows, [&](std::int64_t begin, std::int64_t end) {
        std::vector<double> squared(index((end - begin) * stride));
        neighbours::squared_distances(queries.data + begin * queries.dimensions, end - begin,
                                      columns, queries.dimensions, squared.data());
        std::vector<std::pair<double, std::int64_t>> candidates;
        for (std::int64_t q = begin; q < end; ++q) {
          select(squared.data() + (q - begin) * stride, points.rows,
                 skip.empty() ? -1 : skip[index(q)], k, candidates, result.data() + q * k);
        }
      });
  return result;
}

std::vector<std::int32_t> vote(const std::vector<std::int64_t>& neighbours, std::int64_t k,
                               const std::vector<std::int32_t>& labels) {
  std::vector<std::int32_t> classes;
  for (std::size_t q = 0; q < neighbours.size(); q += index(k)) {
    std::map<std::int32_t, std::int64_t> votes;
    std::int64_t most = 0;
    for (std::int64_t i = 0; i < k; ++i)
      most = std::max(most, ++votes[labels[index(neighbours[q + index(i)])]]);
    std::size_t i = q;
    while (votes[labels[index(neighbours[i])]] < most) ++i;
    classes.push_back(labels[index(neighbours[i])]);
  }
  return classes;
}

std::vector<double> average_targets(const std::vector<std::int64_t>& neighbours, std::int64_t k,
                                    const std::vector<double>& targets, std::int64_t dimensions) {
  const std::size_t queries = neighbours.size() / index(k);
  std::vector<double> means(queries * index(dimensions), 0.0);
  for (std::size_t i = 0; i < neighbours.size(); ++i) {
    for (std::int64_t d = 0; d < dimensions; ++d)
      means[i / index(k) * index(dimensions) + index(d)] +=
          targets[index(neighbours[i] * dimensions + d)] / static_cast<double>(k);
  }
  return means;
}

}  // namespace eigenprop
