#include "evaluation/region_measures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

double entropy(const std::vector<double>& counts, double total) {
  double sum = 0;
  for (const double count : counts) {
    if (count > 0) sum -= count / total * std::log2(count / total);
  }
  return sum;
}

double sum_of_squares(const std::vector<double>& values) {
  return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

// Pixels of each segment.
std::vector<double> areas(const LabelMap& map) {
  std::vector<double> result(index(map.segments), 0.0);
  for (const auto label : map.labels) {
    if (label >= 0) result[index(label)] += 1;
  }
  return result;
}

// Of the pair of segments of one element.
double intersection_over_union(const Overlaps& overlaps, std::size_t element) {
  const auto [row, column] = overlaps.shared.places[element];
  const double shared = overlaps.shared.counts[element];
  return shared / (overlaps.row_areas[index(row)] + overlaps.column_areas[index(column)] - shared);
}

}  // namespace

std::vector<double> Contingency::row_sums() const {
  std::vector<double> sums(index(rows), 0.0);
  for (std::size_t e = 0; e < counts.size(); ++e) sums[index(places[e].first)] += counts[e];
  return sums;
}

std::vector<double> Contingency::column_sums() const {
  std::vector<double> sums(index(columns), 0.0);
  for (std::size_t e = 0; e < counts.size(); ++e) sums[index(places[e].second)] += counts[e];
  return sums;
}

double Contingency::total() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }

Contingency contingency(const LabelMap& a, const LabelMap& b) {
  require(a.height == b.height && a.width == b.width,
          "a segmentation of " + std::to_string(a.height) + " x " + std::to_string(a.width) +
              " pixels cannot be compared with one of " + std::to_string(b.height) + " x " +
              std::to_string(b.width));
  // Runs of pixels with the same pair of labels: far fewer than pixels.
  std::vector<std::pair<std::pair<int, int>, double>> runs;
  for (std::size_t i = 0; i < a.labels.size(); ++i) {
    if (a.labels[i] < 0 || b.labels[i] < 0) continue;
    const std::pair pair(a.labels[i], b.labels[i]);
    if (runs.empty() || runs.back().first != pair) runs.emplace_back(pair, 0.0);
    runs.back().second += 1;
  }
  std::sort(runs.begin(), runs.end());
  Contingency result{a.segments, b.segments, {}, {}};
  for (const auto& [pair, pixels] : runs) {
    if (result.places.empty() || result.places.back() != pair) {
      result.places.push_back(pair);
      result.counts.push_back(0);
    }
    result.counts.back() += pixels;
  }
  return result;
}

Overlaps overlaps(const LabelMap& a, const LabelMap& b) {
  return {contingency(a, b), areas(a), areas(b)};
}

Overlaps merged_rows(const Overlaps& from, const std::vector<std::int32_t>& segment_of,
                     int segments) {
  require(segment_of.size() == from.row_areas.size(), "not every row has a segment");
  Overlaps result{{segments, from.shared.columns, {}, {}},
                  std::vector<double>(index(segments), 0.0),
                  from.column_areas};
  // Elements by new row: sums of a row are then taken in one array of all columns.
  std::vector<std::size_t> begins(index(segments) + 1, 0), elements;
  for (std::size_t i = 0; i < segment_of.size(); ++i) {
    if (segment_of[i] >= 0) result.row_areas[index(segment_of[i])] += from.row_areas[i];
  }
  for (const auto& [row, column] : from.shared.places) {
    if (segment_of[index(row)] >= 0) ++begins[index(segment_of[index(row)]) + 1];
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  elements.resize(begins.back());
  auto next = begins;
  for (std::size_t e = 0; e < from.shared.places.size(); ++e) {
    const auto segment = segment_of[index(from.shared.places[e].first)];
    if (segment >= 0) elements[next[index(segment)]++] = e;
  }
  std::vector<double> sums(index(from.shared.columns), 0.0);
  std::vector<int> columns;
  for (int segment = 0; segment < segments; ++segment) {
    columns.clear();
    for (auto at = begins[index(segment)]; at < begins[index(segment) + 1]; ++at) {
      const int column = from.shared.places[elements[at]].second;
      if (sums[index(column)] == 0) columns.push_back(column);
      sums[index(column)] += from.shared.counts[elements[at]];
    }
    std::sort(columns.begin(), columns.end());
    for (const int column : columns) {
      result.shared.places.emplace_back(segment, column);
      result.shared.counts.push_back(std::exchange(sums[index(column)], 0.0));
    }
  }
  return result;
}

double RegionCoverings::covering() const {
  return std::inner_product(best.begin(), best.end(), areas.begin(), 0.0) /
         std::accumulate(areas.begin(), areas.end(), 0.0);
}

RegionCoverings row_coverings(const Overlaps& overlaps) {
  RegionCoverings result{std::vector<double>(overlaps.row_areas.size(), 0.0), overlaps.row_areas};
  for (std::size_t e = 0; e < overlaps.shared.counts.size(); ++e) {
    double& best = result.best[index(overlaps.shared.places[e].first)];
    best = std::max(best, intersection_over_union(overlaps, e));
  }
  return result;
}

RegionCoverings column_coverings(const Overlaps& overlaps) {
  RegionCoverings result{std::vector<double>(overlaps.column_areas.size(), 0.0),
                         overlaps.column_areas};
  for (std::size_t e = 0; e < overlaps.shared.counts.size(); ++e) {
    double& best = result.best[index(overlaps.shared.places[e].second)];
    best = std::max(best, intersection_over_union(overlaps, e));
  }
  return result;
}

double rand_index(const Contingency& counts) {
  const double n = counts.total();
  const double pairs = n * (n - 1) / 2;
  if (pairs == 0) return 1;
  const double disagreements =
      (sum_of_squares(counts.row_sums()) + sum_of_squares(counts.column_sums())) / 2 -
      sum_of_squares(counts.counts);
  return 1 - disagreements / pairs;
}

double variation_of_information(const Contingency& counts) {
  const double n = counts.total();
  const double both = entropy(counts.counts, n);
  // Rounding must not make the distance of equal partitions negative.
  return std::max(0.0, 2 * both - entropy(counts.row_sums(), n) - entropy(counts.column_sums(), n));
}

}  // namespace eigenprop
