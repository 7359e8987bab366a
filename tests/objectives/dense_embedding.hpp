#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigenprop {

/// The textbook formulas of t-SNE and symmetric SNE over N x N matrices, in long double: reference
/// of the tests.
struct DenseEmbedding {
  using Row = std::vector<long double>;
  using Matrix = std::vector<Row>;

  static Matrix squared_distances(const std::vector<double>& x, std::size_t n) {
    const std::size_t d = x.size() / n;
    Matrix squared(n, Row(n, 0));
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t k = 0; k < d; ++k) {
          const long double difference = static_cast<long double>(x[i * d + k]) - x[j * d + k];
          squared[i][j] += difference * difference;
        }
      }
    }
    return squared;
  }

  /// p_j|i over `others` at precision beta.
  static Row conditional(const Row& squared, const std::vector<std::size_t>& others,
                         long double beta) {
    long double least = squared[others[0]], sum = 0;
    for (const auto j : others) least = std::min(least, squared[j]);
    Row p(squared.size(), 0);
    for (const auto j : others) sum += p[j] = std::exp(-beta * (squared[j] - least));
    for (auto& value : p) value /= sum;
    return p;
  }

  static long double entropy(const Row& p) {
    long double sum = 0;
    for (const auto value : p) sum -= value > 0 ? value * std::log(value) : 0;
    return sum;
  }

  /// P of the k nearest neighbours, by plain bisection. Needs a bandwidth for every point.
  static Matrix affinities(const std::vector<double>& x, std::size_t n, double perplexity,
                           std::size_t k) {
    const auto squared = squared_distances(x, n);
    Matrix p(n, Row(n, 0));
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<std::size_t> others;
      for (std::size_t j = 0; j < n; ++j) {
        if (j != i) others.push_back(j);
      }
      std::stable_sort(others.begin(), others.end(),
                       [&](std::size_t a, std::size_t b) { return squared[i][a] < squared[i][b]; });
      others.resize(k);
      long double low = -20, high = 20;  // of log beta
      for (int step = 0; step < 64; ++step) {
        const long double middle = (low + high) / 2;
        const auto row = conditional(squared[i], others, std::exp(middle));
        (entropy(row) > std::log(static_cast<long double>(perplexity)) ? low : high) = middle;
      }
      const auto row = conditional(squared[i], others, std::exp(low));
      for (std::size_t j = 0; j < n; ++j) {
        p[i][j] += row[j] / (2 * static_cast<long double>(n));
        p[j][i] += row[j] / (2 * static_cast<long double>(n));
      }
    }
    return p;
  }

  /// log w_ij: -‖y_i - y_j‖², or -log(1 + ‖y_i - y_j‖²) with the heavy tail of t-SNE.
  static Matrix log_weights(const std::vector<double>& y, std::size_t n, bool heavy_tail) {
    auto log_w = squared_distances(y, n);
    for (auto& row : log_w) {
      for (auto& value : row) value = heavy_tail ? -std::log1p(value) : -value;
    }
    return log_w;
  }

  /// log q_ij off the diagonal.
  static Matrix log_q(const std::vector<double>& y, std::size_t n, bool heavy_tail) {
    auto log_w = log_weights(y, n, heavy_tail);
    long double largest = -INFINITY, sum = 0;
    const auto for_pairs = [&](const auto& f) {
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          if (i != j) f(log_w[i][j]);
        }
      }
    };
    for_pairs([&](long double w) { largest = std::max(largest, w); });
    for_pairs([&](long double w) { sum += std::exp(w - largest); });
    for_pairs([&](long double& w) { w -= largest + std::log(sum); });
    return log_w;
  }

  static long double divergence(const Matrix& p, const std::vector<double>& y, bool heavy_tail) {
    const auto q = log_q(y, p.size(), heavy_tail);
    long double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      for (std::size_t j = 0; j < p.size(); ++j)
        sum += p[i][j] > 0 ? p[i][j] * (std::log(p[i][j]) - q[i][j]) : 0;
    }
    return sum;
  }

  /// 4 Σ_j (exaggeration p_ij - q_ij) (y_i - y_j), eq. 39; with `factor` each term divided by
  /// 1 + ‖y_i - y_j‖². `heavy_tail`: of q. `scale` <- the largest sum of the terms' absolute
  /// values.
  static std::vector<double> gradient(const Matrix& p, const std::vector<double>& y,
                                      bool heavy_tail, bool factor, double exaggeration,
                                      double& scale) {
    const std::size_t n = p.size(), d = y.size() / n;
    const auto q = log_q(y, n, heavy_tail);
    const auto squared = squared_distances(y, n);
    std::vector<double> result(y.size());
    scale = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < d; ++k) {
        long double sum = 0, magnitude = 0;
        for (std::size_t j = 0; j < n; ++j) {
          if (j == i) continue;
          const long double difference = 4 *
                                         (static_cast<long double>(y[i * d + k]) - y[j * d + k]) /
                                         (factor ? 1 + squared[i][j] : 1);
          sum += (exaggeration * p[i][j] - std::exp(q[i][j])) * difference;
          magnitude += (exaggeration * p[i][j] + std::exp(q[i][j])) * std::abs(difference);
        }
        result[i * d + k] = static_cast<double>(sum);
        scale = std::max(scale, static_cast<double>(magnitude));
      }
    }
    return result;
  }
};

}  // namespace eigenprop
