#include "objectives/average_precision.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/index.hpp"

namespace eigenprop {
namespace {

constexpr std::int64_t intervals = 4096;
constexpr double reach = 16;

double total(const std::vector<double>& sums, std::int64_t first) {
  return std::accumulate(sums.begin() + first, sums.begin() + first + intervals, 0.0);
}

double mean(double sum, double count) { return count > 0 ? sum / count : 0; }

}  // namespace

PrecisionTable::PrecisionTable() : sums_(index(2 * intervals + 2), 0.0) {}

void PrecisionTable::add(double logit, double wanted) {
  const double place = (logit + reach) / (2 * reach) * static_cast<double>(intervals);
  const auto last = static_cast<double>(intervals - 1);
  const auto k = static_cast<std::int64_t>(std::clamp(place, 0.0, last));
  const double probability = 1 / (1 + std::exp(-std::clamp(logit, -700.0, 700.0)));
  sums_[index(k)] += wanted;
  sums_[index(intervals + k)] += 1 - wanted;
  sums_[index(2 * intervals)] += wanted * probability;
  sums_[index(2 * intervals + 1)] += (1 - wanted) * probability;
}

double PrecisionTable::average_precision() const {
  const double all = total(sums_, 0);
  if (all == 0) return 0;
  double found = 0, taken = 0, sum = 0;
  for (std::int64_t k = intervals; k-- > 0;) {
    const double here = sums_[index(k)];
    found += here;
    taken += here + sums_[index(intervals + k)];
    if (here > 0) sum += found / taken * here;
  }
  return sum / all;
}

double PrecisionTable::mean_wanted() const {
  return mean(sums_[index(2 * intervals)], total(sums_, 0));
}

double PrecisionTable::mean_unwanted() const {
  return mean(sums_[index(2 * intervals + 1)], total(sums_, intervals));
}

}  // namespace eigenprop
