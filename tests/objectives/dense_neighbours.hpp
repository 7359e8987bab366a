#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace eigenprop {

/// The textbook formulas of NCA and NCA regression over N x N matrices, in long double: reference
/// of the tests.
struct DenseNeighbours {
  using Matrix = std::vector<std::vector<long double>>;

  Matrix p;                        ///< eq. 9
  Matrix c;                        ///< cost of each pair
  std::vector<long double> delta;  ///< Σ_j p_ij c_ij
  long double objective = 0;

  /// `points` (n, d), row-major; `costs` (n, n); points of one of `groups` (n) are no neighbours.
  DenseNeighbours(const std::vector<double>& points, std::size_t n, const Matrix& costs,
                  const std::vector<double>& groups = {})
      : p(n, std::vector<long double>(n, 0)), c(costs), delta(n, 0) {
    const std::size_t d = points.size() / n;
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<long double> exponent(n);
      long double largest = -std::numeric_limits<long double>::infinity();
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k < d; ++k) {
          const long double x = points[i * d + k];
          exponent[j] -= (x - points[j * d + k]) * (x - points[j * d + k]);
        }
        const bool apart = j == i || (!groups.empty() && groups[i] == groups[j]);
        if (apart) exponent[j] = -std::numeric_limits<long double>::infinity();
        if (exponent[j] > largest) largest = exponent[j];
      }
      long double sum = 0;
      for (std::size_t j = 0; j < n; ++j) {
        if (std::isfinite(exponent[j])) p[i][j] = std::exp(exponent[j] - largest);
        sum += p[i][j];
      }
      for (std::size_t j = 0; j < n; ++j) {
        if (sum > 0) p[i][j] /= sum;
        delta[i] += p[i][j] * c[i][j];
      }
      objective += delta[i];
    }
  }

  /// Eq. 17 for NCA, eq. 26 for NCA regression, written with c. `scale` <- the largest sum of the
  /// terms' absolute values, which cancel where the gradient vanishes.
  std::vector<double> gradient(const std::vector<double>& points, double& scale) const {
    scale = 0;
    const std::size_t n = p.size();
    const std::size_t d = points.size() / n;
    std::vector<double> result(points.size());
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t a = 0; a < d; ++a) {
        long double sum = 0;
        long double magnitude = 0;
        for (std::size_t j = 0; j < n; ++j) {
          const long double weight =
              p[k][j] * (c[k][j] - delta[k]) + p[j][k] * (c[j][k] - delta[j]);
          const long double difference =
              2 * (static_cast<long double>(points[k * d + a]) - points[j * d + a]);
          sum -= difference * weight;
          magnitude += std::abs(difference) * (p[k][j] * (std::abs(c[k][j]) + std::abs(delta[k])) +
                                               p[j][k] * (std::abs(c[j][k]) + std::abs(delta[j])));
        }
        scale = std::max(scale, static_cast<double>(magnitude));
        result[k * d + a] = static_cast<double>(sum);
      }
    }
    return result;
  }

  /// Gradient in A of z = A x (d x D) by the textbook, O(d D N²): with ∂L/∂d²_ij summed over all
  /// pairs of outer products of differences of x.
  std::vector<double> transformation_gradient(const std::vector<double>& a,
                                              const std::vector<double>& x) const {
    const std::size_t n = p.size();
    const std::size_t features = x.size() / n;
    const std::size_t d = a.size() / features;
    Matrix scatter(features, std::vector<long double>(features, 0));
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const long double weight = -p[i][j] * (c[i][j] - delta[i]);
        for (std::size_t s = 0; s < features; ++s) {
          const long double first =
              static_cast<long double>(x[i * features + s]) - x[j * features + s];
          for (std::size_t t = 0; t < features; ++t)
            scatter[s][t] += weight * first * (x[i * features + t] - x[j * features + t]);
        }
      }
    }
    std::vector<double> result(a.size());
    for (std::size_t r = 0; r < d; ++r) {
      for (std::size_t t = 0; t < features; ++t) {
        long double sum = 0;
        for (std::size_t s = 0; s < features; ++s) sum += 2 * a[r * features + s] * scatter[s][t];
        result[r * features + t] = static_cast<double>(sum);
      }
    }
    return result;
  }
};

/// c_ij = -[labels equal].
inline DenseNeighbours::Matrix label_costs(const std::vector<std::int32_t>& labels) {
  DenseNeighbours::Matrix c(labels.size(), std::vector<long double>(labels.size(), 0));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t j = 0; j < labels.size(); ++j) c[i][j] = labels[i] == labels[j] ? -1 : 0;
  }
  return c;
}

/// c_ij = ‖y_i - y_j‖² of n targets.
inline DenseNeighbours::Matrix target_costs(const std::vector<double>& y, std::size_t n) {
  const std::size_t t = y.size() / n;
  DenseNeighbours::Matrix c(n, std::vector<long double>(n, 0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = 0; k < t; ++k) {
        const long double difference = static_cast<long double>(y[i * t + k]) - y[j * t + k];
        c[i][j] += difference * difference;
      }
    }
  }
  return c;
}

}  // namespace eigenprop
