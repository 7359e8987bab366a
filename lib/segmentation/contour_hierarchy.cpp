#include "segmentation/contour_hierarchy.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <queue>
#include <string>
#include <tuple>
#include <utility>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// visit(pixel, pixel, place in the contour map) of every side between two pixels of a map.
template <class Map, class Visit>
void visit_sides(const Map& map, const Visit& visit) {
  const auto width = index(map.width), columns = 2 * width + 1;
  for (std::size_t y = 0; y < index(map.height); ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t pixel = y * width + x, place = (2 * y + 1) * columns + 2 * x + 1;
      if (x > 0) visit(pixel - 1, pixel, place - 1);
      if (y > 0) visit(pixel - width, pixel, place - columns);
    }
  }
}

/// A common boundary of two regions.
struct Boundary {
  double sum = 0;  // of the strengths of its sides
  double sides = 0;
  std::vector<std::size_t> parts;  // the boundaries of the finest regions that it consists of

  double mean() const { return sum / sides; }
};

/// Regions that merge pair by pair.
class RegionTree {
 public:
  RegionTree(const LabelMap& regions, const ContourMap& strength)
      : regions_(regions), neighbours_(index(regions.segments)), levels_(neighbours_.size(), 0.0) {
    visit_sides(regions, [&](std::size_t a, std::size_t b, std::size_t place) {
      const auto one = regions.labels[a], other = regions.labels[b];
      if (one != other) {
        auto& boundary = boundaries_[boundary_of(one, other)];
        boundary.sum += strength.values[place];
        boundary.sides += 1;
      }
    });
    for (std::size_t b = 0; b < boundaries_.size(); ++b) boundaries_[b].parts = {b};
    level_of_part_.assign(boundaries_.size(), 0.0);
  }

  void merge_all() {
    for (std::size_t region = 0; region < neighbours_.size(); ++region) {
      for (const auto& [other, boundary] : neighbours_[region]) {
        if (static_cast<std::int32_t>(region) < other)
          queue_.push({boundaries_[boundary].mean(), static_cast<std::int32_t>(region), other});
      }
    }
    while (!queue_.empty()) {
      const auto pair = queue_.top();
      queue_.pop();
      const auto& around = neighbours_[index(pair.a)];
      const auto found = around.find(pair.b);
      // Out of date: one of the two is gone, or their boundary has grown.
      if (found == around.end() || boundaries_[found->second].mean() != pair.mean) continue;
      merge(pair.a, pair.b, found->second);
    }
  }

  ContourMap contours() const {
    ContourMap map{regions_.height, regions_.width, {}};
    const auto columns = index(map.columns());
    map.values.assign(index(map.rows()) * columns, 0.0);
    visit_sides(regions_, [&](std::size_t a, std::size_t b, std::size_t place) {
      const auto one = regions_.labels[a], other = regions_.labels[b];
      if (one != other) map.values[place] = level_of_part_[first_boundaries_.at(key(one, other))];
    });
    const auto at = [&](int y, int x) -> double& {
      return map.values[index(y) * columns + index(x)];
    };
    for (int y = 2; y < map.rows() - 1; y += 2) {
      for (int x = 2; x < map.columns() - 1; x += 2)
        at(y, x) = std::max({at(y - 1, x), at(y + 1, x), at(y, x - 1), at(y, x + 1)});
    }
    for (int x = 0; x < map.columns(); ++x) {
      at(0, x) = at(1, x);
      at(map.rows() - 1, x) = at(map.rows() - 2, x);
    }
    for (int y = 0; y < map.rows(); ++y) {
      at(y, 0) = at(y, 1);
      at(y, map.columns() - 1) = at(y, map.columns() - 2);
    }
    return map;
  }

 private:
  using Key = std::pair<std::int32_t, std::int32_t>;
  static Key key(std::int32_t a, std::int32_t b) { return std::minmax(a, b); }

  std::size_t boundary_of(std::int32_t a, std::int32_t b) {
    const auto [found, is_new] = first_boundaries_.try_emplace(key(a, b), boundaries_.size());
    if (is_new) {
      boundaries_.emplace_back();
      neighbours_[index(a)][b] = neighbours_[index(b)][a] = found->second;
    }
    return found->second;
  }

  void merge(std::int32_t kept, std::int32_t gone, std::size_t boundary) {
    if (neighbours_[index(kept)].size() < neighbours_[index(gone)].size()) std::swap(kept, gone);
    const double level =
        std::max({boundaries_[boundary].mean(), levels_[index(kept)], levels_[index(gone)]});
    levels_[index(kept)] = level;
    for (const auto part : boundaries_[boundary].parts) level_of_part_[part] = level;
    neighbours_[index(kept)].erase(gone);
    neighbours_[index(gone)].erase(kept);
    for (const auto& [other, moved] : neighbours_[index(gone)]) {
      neighbours_[index(other)].erase(gone);
      const auto [place, is_new] = neighbours_[index(kept)].try_emplace(other, moved);
      if (!is_new) append(place->second, moved);
      neighbours_[index(other)][kept] = place->second;
      queue_.push({boundaries_[place->second].mean(), kept, other});
    }
    neighbours_[index(gone)].clear();
  }

  void append(std::size_t to, std::size_t from) {
    auto& grown = boundaries_[to];
    auto& taken = boundaries_[from];
    grown.sum += taken.sum;
    grown.sides += taken.sides;
    if (grown.parts.size() < taken.parts.size()) grown.parts.swap(taken.parts);
    grown.parts.insert(grown.parts.end(), taken.parts.begin(), taken.parts.end());
    taken.parts.clear();
  }

  struct Pair {
    double mean;
    std::int32_t a, b;
    bool operator>(const Pair& other) const {
      return std::tie(mean, a, b) > std::tie(other.mean, other.a, other.b);
    }
  };

  const LabelMap& regions_;
  std::vector<Boundary> boundaries_;
  std::map<Key, std::size_t> first_boundaries_;  // of the finest regions
  std::vector<std::map<std::int32_t, std::size_t>> neighbours_;
  std::vector<double> levels_;  // of regions: where they became one
  std::vector<double> level_of_part_;
  std::priority_queue<Pair, std::vector<Pair>, std::greater<>> queue_;
};

}  // namespace

ContourMap side_strengths(const std::vector<double>& strength, int height, int width) {
  require(strength.size() == index(height) * index(width),
          "an image of " + std::to_string(height) + " x " + std::to_string(width) + " pixels has " +
              std::to_string(strength.size()) + " strengths of boundaries");
  ContourMap map{height, width, {}};
  map.values.assign(index(map.rows()) * index(map.columns()), 0.0);
  visit_sides(map, [&](std::size_t a, std::size_t b, std::size_t place) {
    map.values[place] = std::max(strength[a], strength[b]);
  });
  return map;
}

ContourMap contour_hierarchy(const LabelMap& regions, const ContourMap& strength) {
  require(strength.height == regions.height && strength.width == regions.width &&
              strength.values.size() == index(strength.rows()) * index(strength.columns()),
          "regions and strengths of boundaries are not of one image");
  const bool finite = std::all_of(strength.values.begin(), strength.values.end(),
                                  [](double value) { return std::isfinite(value); });
  require(finite, "strengths of boundaries are not finite");
  RegionTree tree(regions, strength);
  tree.merge_all();
  return tree.contours();
}

}  // namespace eigenprop
