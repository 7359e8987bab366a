#include "data/nested_partitions.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

/// Places of a contour map, joined with their neighbours as the threshold rises.
class Flood {
 public:
  Flood(const ContourMap& contours, const std::vector<double>& thresholds)
      : rows_(contours.rows()), columns_(contours.columns()), parents_(contours.values.size()) {
    std::iota(parents_.begin(), parents_.end(), 0);
    levels_.reserve(contours.values.size());
    for (const double value : contours.values) {
      const auto first = std::lower_bound(thresholds.begin(), thresholds.end(), value);
      levels_.push_back(static_cast<std::int32_t>(first - thresholds.begin()));
    }
    begins_.assign(thresholds.size() + 2, 0);
    for (const auto level : levels_) ++begins_[index(level) + 1];
    std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
    places_.resize(levels_.size());
    auto next = begins_;
    for (std::size_t i = 0; i < levels_.size(); ++i)
      places_[next[index(levels_[i])]++] = static_cast<std::int32_t>(i);
  }

  /// Joins the places that a level adds, and calls visit(place) for each, in row-major order.
  template <class Visit>
  void rise(std::size_t level, const Visit& visit) {
    for (auto e = begins_[level]; e < begins_[level + 1]; ++e) join_neighbours(places_[e]);
    for (auto e = begins_[level]; e < begins_[level + 1]; ++e) visit(places_[e]);
  }

  std::int32_t root(std::int32_t place) {
    while (parents_[index(place)] != place) {
      auto& parent = parents_[index(place)];
      parent = parents_[index(parent)];
      place = parent;
    }
    return place;
  }

  bool is_pixel(std::int32_t place) const {
    return place / columns_ % 2 == 1 && place % columns_ % 2 == 1;
  }

  std::size_t pixel(std::int32_t place) const {
    return index(place / columns_ / 2) * index(columns_ / 2) + index(place % columns_ / 2);
  }

 private:
  void join_neighbours(std::int32_t place) {
    const std::int32_t y = place / columns_, x = place % columns_;
    const auto level = levels_[index(place)];
    for (std::int32_t v = std::max(y - 1, 0); v <= std::min(y + 1, rows_ - 1); ++v) {
      for (std::int32_t u = std::max(x - 1, 0); u <= std::min(x + 1, columns_ - 1); ++u) {
        const std::int32_t other = v * columns_ + u;
        const auto of_other = levels_[index(other)];
        if (of_other < level || (of_other == level && other < place)) join(place, other);
      }
    }
  }

  void join(std::int32_t a, std::int32_t b) {
    a = root(a);
    b = root(b);
    parents_[index(std::max(a, b))] = std::min(a, b);
  }

  std::int32_t rows_, columns_;
  std::vector<std::int32_t> parents_;
  std::vector<std::int32_t> levels_;  // by place: the first level that has it
  std::vector<std::size_t> begins_;   // by level, into places_
  std::vector<std::int32_t> places_;
};

}  // namespace

std::vector<double> benchmark_thresholds(int count) {
  require(count >= 1, "at least one threshold is needed");
  const double low = 1.0 / (count + 1);
  const double high = 1 - low;
  std::vector<double> thresholds;
  thresholds.reserve(static_cast<std::size_t>(count));
  for (int t = 0; t < count - 1; ++t) thresholds.push_back(low + t * (high - low) / (count - 1));
  thresholds.push_back(high);
  return thresholds;
}

NestedPartitions cut_contours(const ContourMap& contours, const std::vector<double>& thresholds) {
  require(std::is_sorted(thresholds.begin(), thresholds.end()), "thresholds do not rise");
  NestedPartitions result;
  result.atoms = {contours.height, contours.width, 0, {}};
  result.atoms.labels.assign(index(contours.height) * index(contours.width), -1);
  result.levels.resize(thresholds.size());
  struct Atom {
    std::int32_t place;  // its first
    std::int32_t number;
  };
  std::vector<Atom> atoms;
  Flood flood(contours, thresholds);
  // Of a root: the last atom or segment found there, valid where its stamp is the current one.
  std::vector<std::int32_t> numbers(contours.values.size()), stamps(contours.values.size(), -1);
  std::int32_t stamp = 0;
  const auto number_of = [&](std::int32_t place, int& count) {
    const auto root = index(flood.root(place));
    if (stamps[root] != stamp) {
      stamps[root] = stamp;
      numbers[root] = count++;
    }
    return numbers[root];
  };
  for (std::size_t t = 0; t < thresholds.size(); ++t) {
    const auto known = static_cast<std::ptrdiff_t>(atoms.size());
    flood.rise(t, [&](std::int32_t place) {
      if (!flood.is_pixel(place)) return;
      const auto atom = number_of(place, result.atoms.segments);
      if (index(atom) == atoms.size()) atoms.push_back({place, atom});
      result.atoms.labels[flood.pixel(place)] = atom;
    });
    ++stamp;
    std::inplace_merge(atoms.begin(), atoms.begin() + known, atoms.end(),
                       [](const Atom& a, const Atom& b) { return a.place < b.place; });
    auto& level = result.levels[t];
    level.segment_of.resize(atoms.size());
    for (const auto& atom : atoms)
      level.segment_of[index(atom.number)] = number_of(atom.place, level.segments);
    ++stamp;
  }
  for (auto& level : result.levels) level.segment_of.resize(atoms.size(), -1);
  return result;
}

LabelMap partition(const NestedPartitions& nested, std::size_t level) {
  require(level < nested.levels.size(),
          "there are only " + std::to_string(nested.levels.size()) + " partitions");
  LabelMap map = nested.atoms;
  map.segments = nested.levels[level].segments;
  for (auto& label : map.labels) {
    if (label >= 0) label = nested.levels[level].segment_of[index(label)];
  }
  return map;
}

}  // namespace eigenprop
