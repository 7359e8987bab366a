#pragma once

#include <vector>

#include "runtime/random.hpp"

namespace eigenprop {

struct KMeansSettings {
  int clusters = 2;
  int restarts = 4;
  int iterations = 40;      ///< most iterations of a restart
  double tolerance = 1e-4;  ///< relative decrease of the criterion below which a restart ends
};

struct KMeansResult {
  std::vector<double> centres;  ///< (clusters, dimensions)
  std::vector<int> labels;      ///< (points)
  double criterion = 0;         ///< Σ_i w_i ‖x_i − c_{l(i)}‖²
};

/// Weighted k-means, with which Bach and Jordan (JMLR 7, 2006, section 2.3) round the relaxed
/// normalized cut: points are rows of D^(-1/2) U, weights are degrees. Starts by k-means++
/// (Arthur and Vassilvitskii, 2007), keeps the restart of the smallest criterion. Clusters that
/// become empty move to the point farthest from its centre. Depends on `key`, not on threads.
/// points: row-major (n, dimensions); weights: n, not negative. Throws InputError for n = 0.
KMeansResult weighted_kmeans(const std::vector<double>& points, int dimensions,
                             const std::vector<double>& weights, const KMeansSettings& settings,
                             const RandomKey& key);

}  // namespace eigenprop
