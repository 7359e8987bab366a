#include "segmentation/region_measures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/error.hpp"

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
  std::vector<double> sums(static_cast<std::size_t>(rows), 0.0);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) sums[static_cast<std::size_t>(i)] += (*this)(i, j);
  }
  return sums;
}

std::vector<double> Contingency::column_sums() const {
  std::vector<double> sums(static_cast<std::size_t>(columns), 0.0);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) sums[static_cast<std::size_t>(j)] += (*this)(i, j);
  }
  return sums;
}

double Contingency::total() const { return std::accumulate(counts.begin(), counts.end(), 0.0); }

Contingency contingency(const LabelMap& a, const LabelMap& b) {
  require(a.height == b.height && a.width == b.width,
          "a segmentation of " + std::to_string(a.height) + " x " + std::to_string(a.width) +
              " pixels cannot be compared with one of " + std::to_string(b.height) + " x " +
              std::to_string(b.width));
  Contingency result{a.segments, b.segments, {}};
  result.counts.assign(static_cast<std::size_t>(a.segments) * static_cast<std::size_t>(b.segments),
                       0.0);
  for (std::size_t i = 0; i < a.labels.size(); ++i) {
    if (a.labels[i] < 0 || b.labels[i] < 0) continue;
    result.counts[static_cast<std::size_t>(a.labels[i]) * static_cast<std::size_t>(b.segments) +
                  static_cast<std::size_t>(b.labels[i])] += 1;
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
    std::vector<double> result(static_cast<std::size_t>(map.segments), 0.0);
    for (const auto label : map.labels) {
      if (label >= 0) result[static_cast<std::size_t>(label)] += 1;
    }
    return result;
  };
  const auto other = areas(by);
  RegionOverlaps result;
  result.areas = areas(of);
  for (int i = 0; i < counts.rows; ++i) {
    double best = 0;
    for (int j = 0; j < counts.columns; ++j) {
      const double shared = counts(i, j);
      if (shared == 0) continue;
      best = std::max(best, shared / (result.areas[static_cast<std::size_t>(i)] +
                                      other[static_cast<std::size_t>(j)] - shared));
    }
    result.best.push_back(best);
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
