#include "segmentation/weighted_kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

double square_distance(const double* a, const double* b, int dimensions) {
  double sum = 0;
  for (int j = 0; j < dimensions; ++j) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

class Restart {
 public:
  Restart(const std::vector<double>& points, int dimensions, const std::vector<double>& weights,
          int clusters)
      : points_(points), weights_(weights), d_(dimensions), k_(clusters), n_(weights.size()) {
    result_.centres.resize(element(k_, 0));
    result_.labels.resize(n_);
    distances_.assign(n_, std::numeric_limits<double>::max());
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
  std::size_t element(int c, int j) const { return index(std::int64_t{c} * d_ + j); }
  const double* point(std::size_t i) const { return &points_[i * static_cast<std::size_t>(d_)]; }
  double* centre(int c) { return &result_.centres[element(c, 0)]; }

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
      for (std::size_t i = 0; i < n_; ++i) {
        distances_[i] = std::min(distances_[i], square_distance(point(i), centre(c), d_));
        mass[i] = weights_[i] * distances_[i];
      }
    }
  }

  void assign() {
    result_.criterion = 0;
    for (std::size_t i = 0; i < n_; ++i) {
      double best = std::numeric_limits<double>::max();
      for (int c = 0; c < k_; ++c) {
        const double distance = square_distance(point(i), centre(c), d_);
        if (distance < best) {
          best = distance;
          result_.labels[i] = c;
        }
      }
      distances_[i] = best;
      result_.criterion += weights_[i] * best;
    }
  }

  void update() {
    std::vector<double> mass(static_cast<std::size_t>(k_), 0.0);
    std::vector<double> sums(result_.centres.size(), 0.0);
    for (std::size_t i = 0; i < n_; ++i) {
      const int c = result_.labels[i];
      mass[static_cast<std::size_t>(c)] += weights_[i];
      for (int j = 0; j < d_; ++j) sums[element(c, j)] += weights_[i] * point(i)[j];
    }
    for (int c = 0; c < k_; ++c) {
      const double m = mass[static_cast<std::size_t>(c)];
      if (m > 0) {
        for (int j = 0; j < d_; ++j) centre(c)[j] = sums[element(c, j)] / m;
        continue;
      }
      const auto farthest = static_cast<std::size_t>(
          std::max_element(distances_.begin(), distances_.end()) - distances_.begin());
      std::copy_n(point(farthest), d_, centre(c));
      distances_[farthest] = 0;
    }
  }

  const std::vector<double>& points_;
  const std::vector<double>& weights_;
  int d_;
  int k_;
  std::size_t n_;
  std::vector<double> distances_;
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
  KMeansResult best;
  for (int r = 0; r < settings.restarts; ++r) {
    RandomKey own = key;
    own.purpose = RandomPurpose::clustering;
    own.operation = static_cast<std::uint32_t>(settings.clusters * 1000 + r);
    auto result = Restart(points, dimensions, weights, settings.clusters).run(settings, own);
    if (r == 0 || result.criterion < best.criterion) best = std::move(result);
  }
  return best;
}

}  // namespace eigenprop
