#include "segmentation/region_measures.hpp"

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

double RegionOverlaps::covering() const {
  return std::inner_product(best.begin(), best.end(), areas.begin(), 0.0) /
         std::accumulate(areas.begin(), areas.end(), 0.0);
}

RegionOverlaps region_overlaps(const LabelMap& of, const LabelMap& by) {
  const auto counts = contingency(of, by);
  const auto areas = [](const LabelMap& map) {
    std::vector<double> result(index(map.segments), 0.0);
    for (const auto label : map.labels) {
      if (label >= 0) result[index(label)] += 1;
    }
    return result;
  };
  const auto other = areas(by);
  RegionOverlaps result;
  result.areas = areas(of);
  result.best.assign(result.areas.size(), 0.0);
  for (std::size_t e = 0; e < counts.counts.size(); ++e) {
    const auto [i, j] = counts.places[e];
    const double shared = counts.counts[e];
    double& best = result.best[index(i)];
    best = std::max(best, shared / (result.areas[index(i)] + other[index(j)] - shared));
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
