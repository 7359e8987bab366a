#include "objectives/affinities.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <limits>
#include <thread>
#include <utility>

#include "objectives/detail/transposed_points.hpp"
#include "objectives/fast_exponential.hpp"
#include "objectives/row_blocks.hpp"
#include "parallel/collectives.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

using neighbours::for_each_block;
using neighbours::padded;
using neighbours::squared_distances;

constexpr double entropy_tolerance = 1e-10;
// Stands for infinity: its product with any difference of distances but 0 ends each exponential,
// and with 0 it is 0.
constexpr double largest_precision = 1e300;

struct Entropy {
  double value, slope;  ///< slope: in log β
  double sum;           ///< Σ exp(-β δ)
};

// Of exp(-β δ_j) / Σ: H = log S + β <δ>, dH/dlog β = -β² (<δ²> - <δ>²).
Entropy entropy(const std::vector<double>& excess, double precision) {
  constexpr std::size_t lanes = 8;
  double sums[lanes] = {}, firsts[lanes] = {}, seconds[lanes] = {};
  // Side by side: one sum would wait for the last. The vector ends with infinite excess.
  for (std::size_t j = 0; j < excess.size(); j += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) {
      const double x = precision * excess[j + l];
      const double e = exponential_of_nonpositive(-x);
      const double first = e > 0 ? x * e : 0;
      sums[l] += e;
      firsts[l] += first;
      seconds[l] += e > 0 ? x * first : 0;
    }
  }
  double sum = 0, first = 0, second = 0;
  for (std::size_t l = 0; l < lanes; ++l) {
    sum += sums[l];
    first += firsts[l];
    second += seconds[l];
  }
  const double mean = first / sum;
  return {std::log(sum) + mean, -(second / sum - mean * mean), sum};
}

double probability(const Conditional& row, double squared) {
  return exponential_of_nonpositive(-row.precision * (squared - row.least)) * row.inverse_sum;
}

void require_perplexity(const AffinitySettings& s, std::int64_t total, std::int64_t neighbours) {
  // Of the distributions over N - 1 points only the uniform one has the perplexity N - 1.
  const bool thrice = !s.exact && s.neighbours == 0;
  const double limit = static_cast<double>(total - 1) / (thrice ? 3 : 1);
  char text[192];
  std::snprintf(text, sizeof text,
                "perplexity %g%s: with %lld points it must be greater than 1 and less than %g",
                s.perplexity, thrice ? " of nearest neighbours, not of all pairs" : "",
                static_cast<long long>(total), limit);
  require(s.perplexity > 1 && s.perplexity < limit, text);
  require(static_cast<double>(neighbours) > s.perplexity && neighbours < total,
          "the number of neighbours must be greater than the perplexity and less than " +
              std::to_string(total) + ", not " + std::to_string(neighbours));
}

/// The points of all ranks and the searches of own rows, `features`, which must outlive this.
class Rows {
 public:
  Rows(const HostExecutionSpace& space, const double* features, std::int64_t rows, int dimensions,
       double perplexity, std::function<bool()> stops, const Communicator& comm)
      : space_(space),
        features_(features),
        perplexity_(perplexity),
        stops_(std::move(stops)),
        dimensions_(dimensions),
        comm_(comm),
        first_(comm.exclusive_sum(rows)),
        rows_(rows),
        total_(comm.sum(rows)),
        stride_(padded(total_)),
        points_(neighbours::gather_transposed(features, rows, dimensions, comm)),
        conditionals_(index(rows)) {
    neighbours::require_finite(points_, total_, "the feature vector");
  }

  /// dense <- p_ij of own rows. The conditional probabilities of other ranks' rows follow from
  /// three numbers each, as distances are symmetric. Returns false where it was stopped.
  bool fill(std::vector<double>& dense) {
    dense.assign(index(rows_ * stride_), 0.0);
    for_each_block(space_, "distances", rows_, [&](std::int64_t begin, std::int64_t end) {
      if (stopping()) return;
      double* squared = dense.data() + begin * stride_;
      squared_distances(own_row(begin), end - begin, points_, dimensions_, squared);
      std::vector<double> others;
      for (std::int64_t i = begin; i < end; ++i, squared += stride_) {
        others.assign(squared, squared + total_);
        others.erase(others.begin() + first_ + i);
        conditionals_[index(i)] = search_precision(others.data(), total_ - 1, perplexity_);
      }
    });
    if (comm_.max(stopped_ ? 1 : 0) > 0) return false;
    require_finite_distances();
    const auto all = gather_conditionals();
    for_each_block(space_, "affinities", rows_, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) symmetrize(i, all, dense.data() + i * stride_);
    });
    return true;
  }

  /// Neighbours of own rows, ascending, (rows, k), and p_j|i. Returns false where it was stopped.
  bool find(std::int64_t k, std::vector<std::int64_t>& columns, std::vector<double>& values) {
    columns.resize(index(rows_ * k));
    values.resize(index(rows_ * k));
    for_each_block(space_, "nearest neighbours", rows_, [&](std::int64_t begin, std::int64_t end) {
      if (stopping()) return;
      std::vector<double> squared(index((end - begin) * stride_));
      squared_distances(own_row(begin), end - begin, points_, dimensions_, squared.data());
      std::vector<std::pair<double, std::int64_t>> candidates;
      for (std::int64_t i = begin; i < end; ++i) {
        select(squared.data() + (i - begin) * stride_, first_ + i, k, candidates);
        choose(i, k, candidates, columns.data() + i * k, values.data() + i * k);
      }
    });
    if (comm_.max(stopped_ ? 1 : 0) > 0) return false;
    require_finite_distances();
    return true;
  }

  std::int64_t first() const { return first_; }
  std::int64_t total() const { return total_; }
  std::int64_t stride() const { return stride_; }
  const std::vector<Conditional>& conditionals() const { return conditionals_; }

 private:
  // The k nearest, first in `candidates`, by column.
  void select(const double* squared, std::int64_t self, std::int64_t k,
              std::vector<std::pair<double, std::int64_t>>& candidates) const {
    candidates.clear();
    for (std::int64_t j = 0; j < total_; ++j) {
      if (j != self) candidates.emplace_back(squared[j], j);
    }
    const auto end = candidates.begin() + k;
    if (end < candidates.end()) std::nth_element(candidates.begin(), end, candidates.end());
    std::sort(candidates.begin(), end,
              [](const auto& a, const auto& b) { return a.second < b.second; });
  }

  void choose(std::int64_t i, std::int64_t k,
              const std::vector<std::pair<double, std::int64_t>>& candidates, std::int64_t* columns,
              double* values) {
    std::vector<double> squared(index(k));
    for (std::size_t e = 0; e < index(k); ++e) squared[e] = candidates[e].first;
    auto& row = conditionals_[index(i)] = search_precision(squared.data(), k, perplexity_);
    for (std::size_t e = 0; e < index(k); ++e) {
      columns[e] = candidates[e].second;
      values[e] = probability(row, squared[e]);
    }
  }

  // p_j|i of all points: least distance, β, inverse sum, (N, 3).
  std::vector<double> gather_conditionals() const {
    std::vector<double> own;
    for (const auto& row : conditionals_)
      own.insert(own.end(), {row.least, row.precision, row.inverse_sum});
    return AllGatherRows(rows_, 3, comm_).forward(own);
  }

  // Squared distances of a row become p_ij.
  void symmetrize(std::int64_t i, const std::vector<double>& all, double* row) const {
    const auto& own = conditionals_[index(i)];
    for (std::int64_t j = 0; j < total_; ++j) {
      const double* other = all.data() + 3 * j;
      const double sum =
          probability(own, row[j]) + probability({other[0], other[1], other[2], true}, row[j]);
      row[j] = sum / (2 * static_cast<double>(total_));
    }
    row[first_ + i] = 0;
    std::fill(row + total_, row + stride_, 0.0);
  }

  void require_finite_distances() const {
    std::int64_t wrong = std::numeric_limits<std::int64_t>::max();
    for (std::int64_t i = rows_; i-- > 0;) {
      if (!(conditionals_[index(i)].inverse_sum > 0)) wrong = first_ + i;
    }
    wrong = comm_.min(wrong);
    require(wrong == std::numeric_limits<std::int64_t>::max(),
            "distances of point " + std::to_string(wrong) + " are not finite");
  }

  // MPI, by which ranks hear of each other, is for the main thread alone.
  bool stopping() {
    if (stops_ && std::this_thread::get_id() == caller_ && !stopped_) stopped_ = stops_();
    return stopped_;
  }

  const double* own_row(std::int64_t i) const { return features_ + i * dimensions_; }

  HostExecutionSpace space_;
  const double* features_;
  double perplexity_;
  std::function<bool()> stops_;
  std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<bool> stopped_{false};
  int dimensions_;
  const Communicator& comm_;
  std::int64_t first_, rows_, total_, stride_;
  std::vector<double> points_;  ///< of all ranks, (dimensions, stride)
  std::vector<Conditional> conditionals_;
};

/// Rank that owns each row of all.
std::vector<int> owners(const std::vector<std::int64_t>& rows, std::int64_t first,
                        const Communicator& comm) {
  const auto firsts = comm.gather_all(first);
  std::vector<int> result;
  result.reserve(rows.size());
  // Of ranks that begin at the same row the last has it: the others are empty.
  for (const std::int64_t row : rows)
    result.push_back(
        static_cast<int>(std::upper_bound(firsts.begin(), firsts.end(), row) - firsts.begin() - 1));
  return result;
}

/// Sparse rows of (p_j|i + p_i|j) / 2N from those of p_j|i, k in a row: each of these travels to
/// the rank of its column.
void symmetrize(std::int64_t k, const std::vector<std::int64_t>& columns,
                const std::vector<double>& values, Affinities& result, const Communicator& comm) {
  std::vector<double> triples;
  for (std::size_t e = 0; e < columns.size(); ++e) {
    const auto row = result.first + static_cast<std::int64_t>(e) / k;
    triples.insert(triples.end(),
                   {static_cast<double>(columns[e]), static_cast<double>(row), values[e]});
  }
  const auto received = ExchangeRows(owners(columns, result.first, comm), 3, comm).forward(triples);
  std::vector<std::vector<std::pair<std::int64_t, double>>> rows(index(result.rows));
  for (std::size_t e = 0; e < columns.size(); ++e)
    rows[e / index(k)].emplace_back(columns[e], values[e]);
  for (std::size_t e = 0; e < received.size(); e += 3) {
    const auto row = static_cast<std::int64_t>(received[e]) - result.first;
    rows[index(row)].emplace_back(static_cast<std::int64_t>(received[e + 1]), received[e + 2]);
  }
  result.offset = {0};
  for (auto& row : rows) {
    std::sort(row.begin(), row.end());
    for (std::size_t e = 0; e < row.size(); ++e) {
      const double share = row[e].second / (2 * static_cast<double>(result.total));
      if (e > 0 && row[e].first == row[e - 1].first) {
        result.value.back() += share;
      } else {
        result.column.push_back(row[e].first);
        result.value.push_back(share);
      }
    }
    result.offset.push_back(static_cast<std::int64_t>(result.column.size()));
  }
}

// Σ p log p of all ranks' rows; row i of `p` is begin(i) ... begin(i + 1) - 1.
template <class Begin>
double sum_of_information(const std::vector<double>& p, std::int64_t rows, const Begin& begin,
                          const Communicator& comm) {
  std::vector<double> sums(index(rows), 0.0);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t e = begin(i); e < begin(i + 1); ++e)
      sums[index(i)] += p[index(e)] > 0 ? p[index(e)] * std::log(p[index(e)]) : 0;
  }
  return sum_in_order(sums, AllGatherRows(rows, 1, comm));
}

}  // namespace

Conditional search_precision(const double* squared, std::int64_t count, double perplexity) {
  Conditional result;
  result.least = *std::min_element(squared, squared + count);
  // Up to whole vectors: exponentials of an infinite excess are 0.
  std::vector<double> excess(index((count + 7) / 8 * 8), std::numeric_limits<double>::infinity());
  double smallest = std::numeric_limits<double>::infinity(), largest = 0, mean = 0;
  for (std::int64_t j = 0; j < count; ++j) {
    const double e = excess[index(j)] = squared[j] - result.least;
    if (!std::isfinite(e)) return {};
    if (e > 0) smallest = std::min(smallest, e);
    largest = std::max(largest, e);
    mean += e / static_cast<double>(count);
  }
  const auto limit = entropy(excess, largest_precision);
  const double target = std::log(perplexity);
  if (limit.value >= target) {
    return {result.least, largest_precision, 1 / limit.sum, false};
  }
  // At these ends all exponentials are 1 to rounding, or 0 but for the least.
  double low = std::log(entropy_tolerance / largest);
  double high = std::min(std::log(745 / smallest), std::log(largest_precision));
  double guess = -std::log(mean);
  constexpr int most_steps = 200;
  for (int step = 0; step < most_steps; ++step) {
    if (!(guess > low && guess < high)) guess = 0.5 * (low + high);
    result.precision = std::exp(guess);
    const auto found = entropy(excess, result.precision);
    result.inverse_sum = 1 / found.sum;
    const double error = found.value - target;
    if (std::abs(error) < entropy_tolerance) break;
    (error > 0 ? low : high) = guess;
    guess -= error / found.slope;
  }
  return result;
}

Affinities neighbour_affinities(const HostExecutionSpace& space, const double* features,
                                std::int64_t rows, int dimensions, const AffinitySettings& settings,
                                const Communicator& comm) {
  const std::int64_t total = comm.sum(rows);
  const std::int64_t k = settings.exact ? total - 1
                         : settings.neighbours != 0
                             ? settings.neighbours
                             : static_cast<std::int64_t>(std::llround(3 * settings.perplexity));
  require_perplexity(settings, total, k);
  Rows points(space, features, rows, dimensions, settings.perplexity, settings.stops, comm);
  Affinities result;
  result.first = points.first();
  result.rows = rows;
  result.total = total;
  result.exact = settings.exact;
  if (settings.exact) {
    result.stopped = !points.fill(result.dense);
    if (result.stopped) return result;
    result.information = sum_of_information(
        result.dense, rows, [&](std::int64_t i) { return i * points.stride(); }, comm);
  } else {
    std::vector<std::int64_t> columns;
    std::vector<double> values;
    result.stopped = !points.find(k, columns, values);
    if (result.stopped) return result;
    symmetrize(k, columns, values, result, comm);
    result.information = sum_of_information(
        result.value, rows, [&](std::int64_t i) { return result.offset[index(i)]; }, comm);
  }
  for (const auto& row : points.conditionals()) {
    result.precision.push_back(row.precision);
    result.undetermined += row.determined ? 0 : 1;
  }
  result.undetermined = comm.sum(result.undetermined);
  return result;
}

}  // namespace eigenprop
