#include "projector_comparison/dense_projector.hpp"

#include <algorithm>
#include <cmath>

#include "gradient_comparison/extended_pooling.hpp"
#include "linalg/lapack.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// M with its degrees, and its eigenpairs; row l of `vectors` is the l-th, descending.
template <class Real>
struct DenseSpectrum {
  int n = 0;
  std::vector<Real> degrees, matrix, values, vectors;

  Real& m(int i, int j) { return matrix[index(std::int64_t{i} * n + j)]; }
  Real m(int i, int j) const { return matrix[index(std::int64_t{i} * n + j)]; }
  const Real* vector(int l) const { return vectors.data() + std::int64_t{l} * n; }
};

void decompose(DenseSpectrum<double>& s) {
  auto rows = s.matrix;
  std::vector<double> ascending(index(s.n));
  symmetric_eigen(s.n, rows.data(), ascending.data());
  s.values.assign(ascending.rbegin(), ascending.rend());
  for (int l = s.n - 1; l >= 0; --l)
    s.vectors.insert(s.vectors.end(), rows.begin() + std::int64_t{l} * s.n,
                     rows.begin() + std::int64_t{l + 1} * s.n);
}

// Singular vectors of M + I, which is positive semi-definite.
void decompose(DenseSpectrum<long double>& s) {
  auto shifted = s.matrix;
  for (int i = 0; i < s.n; ++i) shifted[index(std::int64_t{i} * s.n + i)] += 1;
  const auto svd = extended_svd(s.n, s.n, shifted);
  for (int l = 0; l < s.n; ++l) {
    s.values.push_back(svd.values[index(l)] - 1);
    for (int i = 0; i < s.n; ++i) s.vectors.push_back(svd.v[index(std::int64_t{i} * s.n + l)]);
  }
}

template <class Real>
DenseSpectrum<Real> dense_spectrum(const GraphProblem& p) {
  DenseSpectrum<Real> s;
  s.n = static_cast<int>(p.pixels());
  s.degrees.assign(index(s.n), Real(0));
  s.matrix.assign(index(std::int64_t{s.n} * s.n), Real(0));
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    s.degrees[index(i)] += static_cast<Real>(p.edges[edge]);
    s.degrees[index(j)] += static_cast<Real>(p.edges[edge]);
  });
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    const int row = static_cast<int>(i), column = static_cast<int>(j);
    s.m(row, column) = s.m(column, row) =
        static_cast<Real>(p.edges[edge]) / std::sqrt(s.degrees[index(i)] * s.degrees[index(j)]);
  });
  decompose(s);
  return s;
}

// J, or where `fixed` tr ĒᵀPĒ with Ē held.
template <class Real>
DenseGradient gradient(const GraphProblem& p, int k, DenseFormula formula, bool fixed) {
  const auto s = dense_spectrum<Real>(p);
  const int n = s.n, c = p.segments;
  const auto segment = [&](int i) { return p.labels[index(i)]; };
  std::vector<Real> masses(index(c), Real(0)), sums(index(std::int64_t{k} * c), Real(0));
  for (int i = 0; i < n; ++i) masses[index(segment(i))] += s.degrees[index(i)];
  // UᵀĒ of the kept eigenvectors.
  for (int l = 0; l < k; ++l) {
    for (int i = 0; i < n; ++i)
      sums[index(l * c + segment(i))] +=
          s.vector(l)[i] * std::sqrt(s.degrees[index(i)] / masses[index(segment(i))]);
  }
  Real captured = 0;
  for (std::int64_t t = 0; t < std::int64_t{k} * c; ++t)
    captured += sums[index(t)] * sums[index(t)];
  const Real sign = fixed ? 1 : -1;

  // Σ_l y_l u_lᵀ with y_l = Σ_j (u_jᵀ C u_l) / (λ_l − λ_j) u_j, then its symmetric part.
  std::vector<Real> half(s.matrix.size(), Real(0)), y(index(n)), of_u(index(n));
  for (int l = 0; l < k; ++l) {
    // C u_l, half of what arrives at u_l.
    for (int i = 0; i < n; ++i)
      of_u[index(i)] = sign * sums[index(l * c + segment(i))] *
                       std::sqrt(s.degrees[index(i)] / masses[index(segment(i))]);
    std::fill(y.begin(), y.end(), Real(0));
    for (int j = formula == DenseFormula::projector ? k : 0; j < n; ++j) {
      if (j == l) continue;
      Real along = 0;
      for (int i = 0; i < n; ++i) along += s.vector(j)[i] * of_u[index(i)];
      const Real factor = along / (s.values[index(l)] - s.values[index(j)]);
      for (int i = 0; i < n; ++i) y[index(i)] += factor * s.vector(j)[i];
    }
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j)
        half[index(std::int64_t{i} * n + j)] += y[index(i)] * s.vector(l)[j];
    }
  }
  const auto d_m = [&](int i, int j) {
    return half[index(std::int64_t{i} * n + j)] + half[index(std::int64_t{j} * n + i)];
  };
  std::vector<Real> g(index(n), Real(0));
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) g[index(i)] -= d_m(i, j) * s.m(i, j) / s.degrees[index(i)];
    if (fixed) continue;
    Real energy = 0, along = 0;
    for (int l = 0; l < k; ++l) {
      const Real t = sums[index(l * c + segment(i))];
      energy += t * t;
      along += t * s.vector(l)[i];
    }
    const Real mass = masses[index(segment(i))];
    g[index(i)] += energy / mass - along / std::sqrt(mass * s.degrees[index(i)]);
  }
  DenseGradient result;
  result.value = static_cast<double>(fixed ? captured : static_cast<Real>(k + c) / 2 - captured);
  result.edges.assign(p.edges.size(), 0.0);
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    const int row = static_cast<int>(i), column = static_cast<int>(j);
    result.edges[edge] = static_cast<double>(
        2 * d_m(row, column) / std::sqrt(s.degrees[index(i)] * s.degrees[index(j)]) + g[index(i)] +
        g[index(j)]);
  });
  return result;
}

}  // namespace

DenseGradient dense_alignment(const GraphProblem& problem, int vectors, DenseFormula formula) {
  return gradient<double>(problem, vectors, formula, false);
}

DenseGradient extended_alignment(const GraphProblem& problem, int vectors) {
  return gradient<long double>(problem, vectors, DenseFormula::projector, false);
}

DenseGradient dense_captured(const GraphProblem& problem, int vectors) {
  return gradient<double>(problem, vectors, DenseFormula::projector, true);
}

std::vector<double> dense_eigenvalues(const GraphProblem& problem) {
  return dense_spectrum<double>(problem).values;
}

std::vector<double> segment_vectors(const GraphProblem& p) {
  std::vector<double> degrees(index(p.pixels()), 0.0), masses(index(p.segments), 0.0),
      result(index(p.pixels() * p.segments), 0.0);
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    degrees[index(i)] += p.edges[edge];
    degrees[index(j)] += p.edges[edge];
  });
  for (std::int64_t i = 0; i < p.pixels(); ++i)
    masses[index(p.labels[index(i)])] += degrees[index(i)];
  for (std::int64_t i = 0; i < p.pixels(); ++i) {
    const std::int64_t s = p.labels[index(i)];
    result[index(i * p.segments + s)] = std::sqrt(degrees[index(i)] / masses[index(s)]);
  }
  return result;
}

}  // namespace eigenprop
