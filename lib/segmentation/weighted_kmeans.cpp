#include "segmentation/weighted_kmeans.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "linalg/detail/vector_array.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Registers of AVX-512; other instruction sets take two or four for one.
constexpr std::size_t lanes = 8;
using Pack = double __attribute__((vector_size(lanes * sizeof(double))));

/// Points in groups of `lanes`, component by component, so that the sums of a group are made side
/// by side: those of one point, term after term, cannot be vectorized without changing them.
class GroupedPoints {
 public:
  GroupedPoints(const std::vector<double>& points, std::size_t dimensions)
      : d_(dimensions), values_((points.size() / d_ + lanes - 1) / lanes * d_) {
    for (std::size_t i = 0; i < points.size() / d_; ++i) {
      for (std::size_t j = 0; j < d_; ++j)
        values_[i / lanes * d_ + j][i % lanes] = points[i * d_ + j];
    }
  }

  /// ‖x − y‖² of the group that begins with point `first`; beyond the last point, of zeros.
  Pack square_distances(std::size_t first, const double* y) const {
    return sums<1>(first, {y}, [](const Pack& x, double component) {
      const Pack difference = x - component;
      return difference * difference;
    })[0];
  }

  /// x·y for several y: points are loaded once for all, and their sums do not wait for each other.
  template <std::size_t count>
  std::array<Pack, count> products(std::size_t first,
                                   const std::array<const double*, count>& y) const {
    return sums<count>(first, y, [](const Pack& x, double component) { return x * component; });
  }

 private:
  template <std::size_t count, class Term>
  std::array<Pack, count> sums(std::size_t first, const std::array<const double*, count>& y,
                               const Term& term) const {
    std::array<Pack, count> totals{};
    const Pack* x = &values_[first / lanes * d_];
    for (std::size_t j = 0; j < d_; ++j) {
#pragma GCC unroll 8
      for (std::size_t c = 0; c < count; ++c) totals[c] += term(x[j], y[c][j]);
    }
    return totals;
  }

  std::size_t d_;
  VectorArray<Pack> values_;
};

class Restart {
 public:
  Restart(const std::vector<double>& points, const GroupedPoints& groups, int dimensions,
          const std::vector<double>& weights, int clusters)
      : points_(points),
        groups_(groups),
        weights_(weights),
        d_(dimensions),
        k_(clusters),
        n_(weights.size()),
        sums_(element(k_, 0), 0.0),
        summed_(n_, none) {
    result_.centres.resize(element(k_, 0));
    result_.labels.resize(n_);
    distances_.assign(n_, std::numeric_limits<double>::max());
    for (std::size_t i = 0; i < n_; ++i) squares_.push_back(square(point(i)));
  }

  KMeansResult run(const KMeansSettings& settings, const RandomKey& key) {
    seed(RandomStream(key));
    assign();
    for (int i = 0; i < settings.iterations; ++i) {
      const double before = result_.criterion;
      update();
      assign();
      if (result_.criterion >= before * (1 - settings.tolerance)) break;
    }
    return result_;
  }

 private:
  static constexpr int none = -1;

  std::size_t element(int c, int j) const { return index(std::int64_t{c} * d_ + j); }
  const double* point(std::size_t i) const { return &points_[i * static_cast<std::size_t>(d_)]; }
  double* centre(int c) { return &result_.centres[element(c, 0)]; }
  double square(const double* x) const { return std::inner_product(x, x + d_, x, 0.0); }

  // k-means++: each next centre with probability proportional to weight times square distance.
  void seed(const RandomStream& stream) {
    std::vector<double> mass(weights_);
    for (int c = 0; c < k_; ++c) {
      double total = 0;
      for (const double m : mass) total += m;
      double target = stream.uniform(static_cast<std::uint64_t>(c)) * total;
      std::size_t chosen = 0;
      // Points all equal: the remaining centres coincide, and their clusters stay empty.
      while (chosen + 1 < n_ && (target -= mass[chosen]) >= 0) ++chosen;
      std::copy_n(point(chosen), d_, centre(c));
      for_each_group([&](std::size_t first, std::size_t count) {
        const auto distances = groups_.square_distances(first, centre(c));
        for (std::size_t i = first; i < first + count; ++i) {
          distances_[i] = std::min(distances_[i], distances[i - first]);
          mass[i] = weights_[i] * distances_[i];
        }
      });
    }
  }

  // The nearest centre is that of the largest x·c − ‖c‖²/2.
  void assign() {
    result_.criterion = 0;
    std::vector<double> half_squares(index(k_));
    for (int c = 0; c < k_; ++c) half_squares[index(c)] = square(centre(c)) / 2;
    for_each_group([&](std::size_t first, std::size_t count) {
      Pack best = Pack{} + std::numeric_limits<double>::lowest();
      const auto compare = [&](int c, const Pack& products) {
        for (std::size_t i = first; i < first + count; ++i) {
          const double score = products[i - first] - half_squares[static_cast<std::size_t>(c)];
          if (score > best[i - first]) {
            best[i - first] = score;
            result_.labels[i] = c;
          }
        }
      };
      for (int c = 0; c < k_;) {
        if (k_ - c >= 8) {
          c = compare_with<8>(first, c, compare);
        } else if (k_ - c >= 4) {
          c = compare_with<4>(first, c, compare);
        } else if (k_ - c >= 2) {
          c = compare_with<2>(first, c, compare);
        } else {
          c = compare_with<1>(first, c, compare);
        }
      }
      for (std::size_t i = first; i < first + count; ++i) {
        distances_[i] = std::max(0.0, squares_[i] - 2 * best[i - first]);
        result_.criterion += weights_[i] * distances_[i];
      }
    });
  }

  // Compares the group of point `first` with `count` centres; returns the centre after them.
  template <int count, class Compare>
  int compare_with(std::size_t first, int next, const Compare& compare) {
    std::array<const double*, count> centres;
    for (int c = 0; c < count; ++c) centres[static_cast<std::size_t>(c)] = centre(next + c);
    const auto products = groups_.products<count>(first, centres);
    for (int c = 0; c < count; ++c) compare(next + c, products[static_cast<std::size_t>(c)]);
    return next + count;
  }

  template <class Action>
  void for_each_group(const Action& action) const {
    for (std::size_t first = 0; first < n_; first += lanes)
      action(first, std::min(lanes, n_ - first));
  }

  void add_to_sum(int c, std::size_t i, double weight) {
    const double* x = point(i);
    double* sum = &sums_[element(c, 0)];
    for (int j = 0; j < d_; ++j) sum[j] += weight * x[j];
  }

  void update() {
    std::vector<double> mass(static_cast<std::size_t>(k_), 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      const int c = result_.labels[i];
      mass[static_cast<std::size_t>(c)] += weights_[i];
      if (c == summed_[i]) continue;
      if (summed_[i] != none) add_to_sum(summed_[i], i, -weights_[i]);
      add_to_sum(c, i, weights_[i]);
      summed_[i] = c;
    }
    for (int c = 0; c < k_; ++c) {
      const double m = mass[static_cast<std::size_t>(c)];
      if (m > 0) {
        for (int j = 0; j < d_; ++j) centre(c)[j] = sums_[element(c, j)] / m;
        continue;
      }
      const auto farthest = static_cast<std::size_t>(
          std::max_element(distances_.begin(), distances_.end()) - distances_.begin());
      std::copy_n(point(farthest), d_, centre(c));
      distances_[farthest] = 0;
    }
  }

  const std::vector<double>& points_;
  const GroupedPoints& groups_;
  const std::vector<double>& weights_;
  int d_;
  int k_;
  std::size_t n_;
  /// Σ w x of each cluster's points, (clusters, dimensions): most points stay where they are.
  std::vector<double> sums_;
  std::vector<int> summed_;        ///< the cluster to which a point is added there
  std::vector<double> squares_;    ///< ‖x‖²
  std::vector<double> distances_;  ///< squared, of points from their centres
  KMeansResult result_;
};

}  // namespace

KMeansResult weighted_kmeans(const std::vector<double>& points, int dimensions,
                             const std::vector<double>& weights, const KMeansSettings& settings,
                             const RandomKey& key) {
  require(!weights.empty() && dimensions > 0 &&
              points.size() == weights.size() * static_cast<std::size_t>(dimensions),
          "k-means needs points, each with a weight");
  require(settings.clusters > 0 && settings.restarts > 0 && settings.iterations > 0,
          "k-means: clusters, restarts and iterations must be positive");
  const GroupedPoints groups(points, static_cast<std::size_t>(dimensions));
  KMeansResult best;
  for (int r = 0; r < settings.restarts; ++r) {
    RandomKey own = key;
    own.purpose = RandomPurpose::clustering;
    own.operation = static_cast<std::uint32_t>(settings.clusters * 1000 + r);
    auto result =
        Restart(points, groups, dimensions, weights, settings.clusters).run(settings, own);
    if (r == 0 || result.criterion < best.criterion) best = std::move(result);
  }
  return best;
}

}  // namespace eigenprop
