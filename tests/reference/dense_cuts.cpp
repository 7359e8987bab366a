#include "reference/dense_cuts.hpp"

#include <cmath>

#include "linalg/lapack.hpp"

namespace eigenprop {
namespace {

std::vector<double> row_sums(const Dense& w) {
  std::vector<double> sums(static_cast<std::size_t>(w.rows()), 0.0);
  for (int i = 0; i < w.rows(); ++i) {
    for (int j = 0; j < w.columns(); ++j) sums[static_cast<std::size_t>(i)] += w(i, j);
  }
  return sums;
}

Dense power(const std::vector<double>& values, double exponent) {
  std::vector<double> powers;
  powers.reserve(values.size());
  for (const double v : values) powers.push_back(v > 0 ? std::pow(v, exponent) : 0);
  return Dense::diagonal(powers);
}

Dense indicator(const std::vector<int>& labels, int segments) {
  Dense e(static_cast<int>(labels.size()), segments);
  for (int i = 0; i < e.rows(); ++i) e(i, labels[static_cast<std::size_t>(i)]) = 1;
  return e;
}

// (v 1ᵀ)_ij = v_ii for the diagonal of a matrix.
Dense diagonal_times_ones(const Dense& a) {
  Dense result(a.rows(), a.columns());
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.columns(); ++j) result(i, j) = a(i, i);
  }
  return result;
}

// Lemma 1, eq. 52: 2 (I − Π) sym(∂L/∂Π) A⁺.
Dense projector_gradient(const Spectrum& a, const Dense& gradient) {
  return 2.0 *
         ((Dense::identity(gradient.rows()) - a.projector) * gradient.symmetric_part() * a.inverse);
}

double inner_product(const Dense& a, const Dense& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.data().size(); ++i) sum += a.data()[i] * b.data()[i];
  return sum;
}

// ½‖Π_ε(A) − Π‖² for Π_ε = A (A + δI)⁻¹, with its derivatives: dΠ_ε = δ R dA R − A R² dδ for
// R = (A + δI)⁻¹, and dδ = 2 ε λ₁ dε + ε² u₁ᵀ dA u₁.
struct RegularizedDistance {
  double value = 0, projector_value = 0, effective_rank = 0, d_epsilon = 0;
  int rank = 0;
  Dense difference, d_a;
};
RegularizedDistance regularized_distance(const Dense& a, double epsilon, const Dense& target) {
  const int n = a.rows();
  std::vector<double> vectors = a.symmetric_part().data();
  std::vector<double> values(static_cast<std::size_t>(n));
  symmetric_eigen(n, vectors.data(), values.data());
  const double delta = epsilon * epsilon * values.back();
  const Dense rows(n, n, vectors);
  Dense leading(1, n), kept(n, n);
  std::vector<double> inverses;
  RegularizedDistance result{0, 0, 0, 0, 0, Dense(n, n), Dense(n, n)};
  for (int r = 0; r < n; ++r) {
    const double value = values[static_cast<std::size_t>(r)];
    inverses.push_back(1 / (value + delta));
    result.effective_rank += value / (value + delta);
    const bool counts = value > delta;
    result.rank += counts ? 1 : 0;
    for (int j = 0; j < n; ++j) kept(r, j) = counts ? rows(r, j) : 0;
  }
  for (int j = 0; j < n; ++j) leading(0, j) = rows(n - 1, j);
  const Dense resolvent = rows.transposed() * Dense::diagonal(inverses) * rows;
  result.difference = a * resolvent - target;
  const double norm = result.difference.norm();
  const double sharp = (kept.transposed() * kept - target).norm();
  result.value = 0.5 * norm * norm;
  result.projector_value = 0.5 * sharp * sharp;
  const double d_delta = -inner_product(result.difference, a * resolvent * resolvent);
  result.d_epsilon = 2 * epsilon * values.back() * d_delta;
  result.d_a = delta * (resolvent * result.difference * resolvent) +
               (d_delta * epsilon * epsilon) * (leading.transposed() * leading);
  return result;
}

DenseAlignment through_features(double value, int rank, const Dense& gradient_w, const Dense& f,
                                const Dense& lambda) {
  // Eq. 64 and 65; only the symmetric part of the gradient may enter the latter.
  return {value, rank, 2.0 * (gradient_w.symmetric_part() * f * lambda.transposed()),
          f.transposed() * gradient_w * f};
}

// M and Ω of the affinity W, of which J₁ is (eq. 50).
struct Normalized {
  Dense inverse_root, inverse, m, omega;
};

Normalized normalized(const Dense& w, const std::vector<int>& labels, int segments) {
  const auto degrees = row_sums(w);
  const Dense root = power(degrees, 0.5);
  const Dense inverse_root = power(degrees, -0.5);
  const Dense e = indicator(labels, segments);
  return {inverse_root, power(degrees, -1), inverse_root * w * inverse_root,
          root * e * e.transposed() * root};
}

// Proposition 5: the gradient in W of those in M and Ω.
Dense affinity_gradient(const Normalized& n, const Dense& d_m, const Dense& d_omega) {
  return n.inverse_root * d_m.symmetric_part() * n.inverse_root +
         diagonal_times_ones(n.inverse * n.omega * d_omega.symmetric_part() -
                             n.inverse * n.m * d_m.symmetric_part());
}

}  // namespace

Dense Dense::transposed() const {
  Dense result(columns_, rows_);
  for (int i = 0; i < rows_; ++i) {
    for (int j = 0; j < columns_; ++j) result(j, i) = (*this)(i, j);
  }
  return result;
}

Dense Dense::symmetric_part() const { return 0.5 * (*this + transposed()); }

double Dense::norm() const {
  double sum = 0;
  for (const double v : data_) sum += v * v;
  return std::sqrt(sum);
}

Dense Dense::identity(int n) {
  return diagonal(std::vector<double>(static_cast<std::size_t>(n), 1.0));
}

Dense Dense::diagonal(const std::vector<double>& values) {
  Dense result(static_cast<int>(values.size()), static_cast<int>(values.size()));
  for (int i = 0; i < result.rows(); ++i) result(i, i) = values[static_cast<std::size_t>(i)];
  return result;
}

Dense operator*(const Dense& a, const Dense& b) {
  Dense result(a.rows(), b.columns());
  for (int i = 0; i < a.rows(); ++i) {
    for (int k = 0; k < a.columns(); ++k) {
      const double factor = a(i, k);
      if (factor == 0) continue;
      for (int j = 0; j < b.columns(); ++j) result(i, j) += factor * b(k, j);
    }
  }
  return result;
}

Dense operator+(const Dense& a, const Dense& b) {
  Dense result(a);
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.columns(); ++j) result(i, j) += b(i, j);
  }
  return result;
}

Dense operator-(const Dense& a, const Dense& b) { return a + (-1.0 * b); }

Dense operator*(double scale, const Dense& a) {
  Dense result(a);
  for (int i = 0; i < a.rows(); ++i) {
    for (int j = 0; j < a.columns(); ++j) result(i, j) *= scale;
  }
  return result;
}

Spectrum spectrum(const Dense& symmetric) {
  const int n = symmetric.rows();
  std::vector<double> vectors = symmetric.symmetric_part().data();
  std::vector<double> values(static_cast<std::size_t>(n));
  symmetric_eigen(n, vectors.data(), values.data());
  const double largest = std::max(std::abs(values.front()), std::abs(values.back()));
  const Dense rows(n, n, vectors);
  Dense scaled(n, n);
  Dense kept(n, n);
  int rank = 0;
  for (int r = 0; r < n; ++r) {
    const double value = values[static_cast<std::size_t>(r)];
    if (std::abs(value) <= 1e-10 * largest) continue;
    ++rank;
    for (int j = 0; j < n; ++j) {
      kept(r, j) = rows(r, j);
      scaled(r, j) = rows(r, j) / value;
    }
  }
  return {rows.transposed() * scaled, kept.transposed() * kept, rank};
}

DenseAlignment dense_j1(const Dense& f, const Dense& lambda, const std::vector<int>& labels,
                        int segments) {
  const Dense w = f * lambda * f.transposed();
  const auto n = normalized(w, labels, segments);
  const auto of_m = spectrum(n.m);
  const auto of_omega = spectrum(n.omega);
  const Dense difference = of_m.projector - of_omega.projector;
  const double value = 0.5 * difference.norm() * difference.norm();
  const Dense d_m = projector_gradient(of_m, difference);
  const Dense d_omega = projector_gradient(of_omega, -1.0 * difference);
  return through_features(value, of_m.rank, affinity_gradient(n, d_m, d_omega), f, lambda);
}

DenseAlignment dense_j2(const Dense& f, const Dense& lambda, const std::vector<int>& labels,
                        int segments) {
  const Dense w = f * lambda * f.transposed();
  const Dense e = indicator(labels, segments);
  const auto of_w = spectrum(w);
  const auto psi = spectrum(e * e.transposed()).projector;
  const Dense difference = of_w.projector - psi;
  const double value = 0.5 * difference.norm() * difference.norm();
  return through_features(value, of_w.rank, projector_gradient(of_w, difference), f, lambda);
}

DenseRegularizedAlignment dense_regularized_j1(const Dense& f, double epsilon,
                                               const std::vector<int>& labels, int segments) {
  const Dense w = f * f.transposed();
  const auto n = normalized(w, labels, segments);
  const auto of_omega = spectrum(n.omega);
  const auto distance = regularized_distance(n.m, epsilon, of_omega.projector);
  const Dense d_omega = projector_gradient(of_omega, -1.0 * distance.difference);
  const Dense d_w = affinity_gradient(n, distance.d_a, d_omega);
  return {through_features(distance.value, distance.rank, d_w, f, Dense::identity(f.columns())),
          distance.effective_rank, distance.projector_value, distance.d_epsilon};
}

DenseRegularizedAlignment dense_regularized_j2(const Dense& f, double epsilon,
                                               const std::vector<int>& labels, int segments) {
  const Dense e = indicator(labels, segments);
  const auto distance =
      regularized_distance(f * f.transposed(), epsilon, spectrum(e * e.transposed()).projector);
  return {through_features(distance.value, distance.rank, distance.d_a, f,
                           Dense::identity(f.columns())),
          distance.effective_rank, distance.projector_value, distance.d_epsilon};
}

DenseTruncatedAlignment dense_truncated_j1(const Dense& w, int vectors,
                                           const std::vector<int>& labels, int segments) {
  const int n = w.rows();
  const auto of_w = normalized(w, labels, segments);
  std::vector<double> rows = of_w.m.symmetric_part().data();
  std::vector<double> values(static_cast<std::size_t>(n));
  symmetric_eigen(n, rows.data(), values.data());
  const Dense ascending(n, n, rows);
  Dense kept(vectors, n);
  Dense others(n - vectors, n);
  for (int l = 0; l < n; ++l) {
    for (int i = 0; i < n; ++i)
      (l < vectors ? kept(l, i) : others(l - vectors, i)) = ascending(n - 1 - l, i);
  }
  const std::vector<double> descending(values.rbegin(), values.rend());
  const Dense projector = kept.transposed() * kept;
  const auto of_omega = spectrum(of_w.omega);
  const Dense difference = projector - of_omega.projector;
  const double value = 0.5 * difference.norm() * difference.norm();
  // Daleckii and Krein: divided differences of the step between kept and other eigenvalues.
  Dense mixed = kept * difference * others.transposed();
  for (int l = 0; l < vectors; ++l) {
    for (int j = 0; j < n - vectors; ++j)
      mixed(l, j) /= descending[static_cast<std::size_t>(l)] -
                     descending[static_cast<std::size_t>(vectors + j)];
  }
  const Dense half = kept.transposed() * mixed * others;
  // For variations of W_ij and W_ji together.
  const Dense d_w = affinity_gradient(of_w, half + half.transposed(),
                                      projector_gradient(of_omega, -1.0 * difference));
  return {value, descending, d_w + d_w.transposed()};
}

Dense dense_normalized_affinity(const Dense& f, const Dense& lambda) {
  const Dense w = f * lambda * f.transposed();
  const Dense inverse_root = power(row_sums(w), -0.5);
  return inverse_root * w * inverse_root;
}

}  // namespace eigenprop
