#include "segmentation/region_merging.hpp"

#include <algorithm>
#include <numeric>
#include <queue>
#include <set>

#include "data/resampling.hpp"
#include "operations/bilinear.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

// The pixels of each region, one region after the other, and where each begins.
struct RegionPixels {
  std::vector<std::size_t> first, pixels;
};

RegionPixels pixels_of_regions(const LabelMap& map) {
  RegionPixels result;
  result.first.assign(index(map.segments) + 1, 0);
  for (const auto label : map.labels) ++result.first[index(label) + 1];
  std::partial_sum(result.first.begin(), result.first.end(), result.first.begin());
  auto next = result.first;
  result.pixels.resize(map.labels.size());
  for (std::size_t i = 0; i < map.labels.size(); ++i)
    result.pixels[next[index(map.labels[i])]++] = i;
  return result;
}

// Means of the interpolated vectors over each region, (regions, dimensions). A mean is a sum over
// the grid: what counts is how much of each of its nodes is in the region, so that no pixel needs a
// vector of its own.
Vector region_means(const LabelMap& map, const RegionPixels& regions, const GridVectors& vectors) {
  const BilinearAxis rows{vectors.height, map.height}, columns{vectors.width, map.width};
  const std::int64_t d = vectors.dimensions;
  Vector means(index(map.segments * d), 0.0);
  Vector shares(index(std::int64_t{vectors.height} * vectors.width), 0.0);
  std::vector<std::size_t> touched;
  const auto add = [&](std::int64_t y, std::int64_t x, double share) {
    if (share == 0) return;
    const auto node = index(y * vectors.width + x);
    if (shares[node] == 0) touched.push_back(node);
    shares[node] += share;
  };
  for (std::size_t r = 0; r < index(map.segments); ++r) {
    const auto begin = regions.first[r], end = regions.first[r + 1];
    for (std::size_t i = begin; i < end; ++i) {
      const auto pixel = static_cast<std::int64_t>(regions.pixels[i]);
      const auto row = rows.tap(pixel / map.width);
      const auto column = columns.tap(pixel % map.width);
      add(row.low, column.low, (1 - row.weight) * (1 - column.weight));
      add(row.low, column.high, (1 - row.weight) * column.weight);
      add(row.high, column.low, row.weight * (1 - column.weight));
      add(row.high, column.high, row.weight * column.weight);
    }
    double* mean = &means[r * index(d)];
    for (const auto node : touched) {
      const double share = shares[node] / static_cast<double>(end - begin);
      const double* x = &vectors.values[node * index(d)];
      for (std::int64_t j = 0; j < d; ++j) mean[j] += share * x[j];
      shares[node] = 0;
    }
    touched.clear();
  }
  return means;
}

/// Regions with sizes, means and neighbours, that merge pair by pair.
class RegionGraph {
 public:
  RegionGraph(const LabelMap& map, const GridVectors& vectors)
      : map_(map),
        d_(static_cast<std::size_t>(vectors.dimensions)),
        sizes_(count(), 0.0),
        neighbours_(count()),
        parents_(count()) {
    std::iota(parents_.begin(), parents_.end(), 0);
    const auto regions = pixels_of_regions(map);
    for (std::size_t r = 0; r < count(); ++r)
      sizes_[r] = static_cast<double>(regions.first[r + 1] - regions.first[r]);
    means_ = region_means(map, regions, vectors);
    for (int y = 0; y < map.height; ++y) {
      for (int x = 0; x < map.width; ++x) {
        if (x > 0) connect(label(y, x), label(y, x - 1));
        if (y > 0) connect(label(y, x), label(y - 1, x));
      }
    }
  }

  std::size_t count() const { return static_cast<std::size_t>(map_.segments); }
  bool is_alive(int region) const { return parents_[index(region)] == region; }
  double size(int region) const { return sizes_[index(region)]; }
  const std::set<int>& neighbours(int region) const { return neighbours_[index(region)]; }

  double square_distance(int a, int b) const {
    double sum = 0;
    for (std::size_t j = 0; j < d_; ++j) {
      const double difference = means_[index(a) * d_ + j] - means_[index(b) * d_ + j];
      sum += difference * difference;
    }
    return sum;
  }

  /// `gone` becomes a part of `kept`.
  void merge(int kept, int gone) {
    const double total = sizes_[index(kept)] + sizes_[index(gone)];
    for (std::size_t j = 0; j < d_; ++j) {
      auto& mean = means_[index(kept) * d_ + j];
      mean =
          (mean * sizes_[index(kept)] + means_[index(gone) * d_ + j] * sizes_[index(gone)]) / total;
    }
    sizes_[index(kept)] = total;
    for (const int other : neighbours_[index(gone)]) {
      neighbours_[index(other)].erase(gone);
      if (other != kept) connect(kept, other);
    }
    neighbours_[index(gone)].clear();
    parents_[index(gone)] = kept;
  }

  LabelMap partition() const {
    LabelMap result = map_;
    for (auto& value : result.labels) {
      while (parents_[static_cast<std::size_t>(value)] != value)
        value = parents_[static_cast<std::size_t>(value)];
    }
    return without_gaps(result);
  }

 private:
  int label(int y, int x) const {
    return map_.labels[static_cast<std::size_t>(y) * static_cast<std::size_t>(map_.width) +
                       static_cast<std::size_t>(x)];
  }
  void connect(int a, int b) {
    if (a == b) return;
    neighbours_[index(a)].insert(b);
    neighbours_[index(b)].insert(a);
  }

  const LabelMap& map_;
  std::size_t d_;
  Vector sizes_;
  Vector means_;
  std::vector<std::set<int>> neighbours_;
  std::vector<int> parents_;
};

}  // namespace

LabelMap absorb_small_regions(const LabelMap& map, const GridVectors& vectors, std::int64_t area) {
  RegionGraph graph(map, vectors);
  const auto limit = static_cast<double>(area);
  using Entry = std::pair<double, int>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> small;
  for (int r = 0; r < map.segments; ++r) {
    if (graph.size(r) < limit) small.push({graph.size(r), r});
  }
  while (!small.empty()) {
    const double size = small.top().first;
    const int region = small.top().second;
    small.pop();
    const auto& neighbours = graph.neighbours(region);
    if (!graph.is_alive(region) || size != graph.size(region) || neighbours.empty()) continue;
    const int nearest = *std::min_element(neighbours.begin(), neighbours.end(), [&](int a, int b) {
      return graph.square_distance(region, a) < graph.square_distance(region, b);
    });
    graph.merge(nearest, region);
    if (graph.size(nearest) < limit) small.push({graph.size(nearest), nearest});
  }
  return graph.partition();
}

}  // namespace eigenprop
