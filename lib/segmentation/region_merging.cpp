#include "segmentation/region_merging.hpp"

#include <algorithm>
#include <numeric>
#include <queue>
#include <set>

#include "data/resampling.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

/// Regions with sizes, means and neighbours, that merge pair by pair.
class RegionGraph {
 public:
  RegionGraph(const LabelMap& map, const PixelFeatures& features)
      : map_(map),
        d_(static_cast<std::size_t>(features.dimensions)),
        sizes_(count(), 0.0),
        means_(count() * d_, 0.0),
        neighbours_(count()),
        parents_(count()) {
    std::iota(parents_.begin(), parents_.end(), 0);
    for (std::size_t i = 0; i < map.labels.size(); ++i) {
      const auto region = static_cast<std::size_t>(map.labels[i]);
      sizes_[region] += 1;
      for (std::size_t j = 0; j < d_; ++j) means_[region * d_ + j] += features.values[i * d_ + j];
    }
    for (std::size_t r = 0; r < count(); ++r) {
      for (std::size_t j = 0; j < d_; ++j) means_[r * d_ + j] /= std::max(sizes_[r], 1.0);
    }
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
  std::vector<double> sizes_;
  std::vector<double> means_;
  std::vector<std::set<int>> neighbours_;
  std::vector<int> parents_;
};

}  // namespace

LabelMap absorb_small_regions(const LabelMap& map, const PixelFeatures& features,
                              std::int64_t area) {
  RegionGraph graph(map, features);
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
