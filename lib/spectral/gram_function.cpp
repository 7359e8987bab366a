#include "spectral/gram_function.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "linalg/blas.hpp"
#include "linalg/dense_kernels.hpp"
#include "linalg/lapack.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

constexpr auto no = Transpose::no;
constexpr auto yes = Transpose::yes;

std::int64_t area(int rows, int columns) { return std::int64_t{rows} * columns; }

// result (d, d) <- shift I + Yᵀ diag(weights) Y for Y of r rows; `work` (r, d).
template <class Scalar>
void weighted_gram(int r, int d, const Scalar* y, const Scalar* weights, Scalar shift,
                   Scalar* result, Scalar* work) {
  const auto range = std::minmax_element(weights, weights + r);
  if (*range.first >= 0 || *range.second <= 0) {
    // Weights of one sign: half the work.
    const Scalar sign = *range.first >= 0 ? Scalar(1) : Scalar(-1);
    for (int i = 0; i < r; ++i) {
      const Scalar root = std::sqrt(std::abs(weights[i]));
      for (int j = 0; j < d; ++j) work[area(i, d) + j] = root * y[area(i, d) + j];
    }
    gram(d, r, sign, work, d, Scalar(0), result, d);
    mirror_upper(d, result);
  } else {
    scale_rows(r, d, weights, y, work);
    gemm(yes, no, d, d, r, Scalar(1), y, d, work, d, Scalar(0), result, d);
  }
  for (int i = 0; i < d; ++i) result[area(i, d) + i] += shift;
}

template <class Scalar>
void multiply_elements(int n, const Scalar* table, Scalar* a) {
  for (std::int64_t i = 0; i < area(n, n); ++i) a[i] *= table[i];
}

}  // namespace

template <class Scalar>
GramFunction<Scalar>::GramFunction(const ScalarFunction& function, double epsilon, GramRoute route,
                                   double spread, int rows, int columns)
    : function_(function),
      epsilon_(epsilon),
      route_(route),
      spread_(spread),
      m_(rows),
      d_(columns) {}

template <class Scalar>
std::int64_t GramFunction<Scalar>::scratch_size() const {
  const int r = std::min(m_, d_);
  return area(d_, d_) + 2 * area(m_, d_) + 2 * area(r, r) + 2 * std::int64_t{r};
}

template <class Scalar>
void GramFunction<Scalar>::begin(const Scalar* f, const Frame& frame) const {
  if (!std::all_of(f, f + area(m_, d_), [](Scalar v) { return std::isfinite(v); }))
    throw NonFiniteError("the features given to second-order pooling are not finite");
  if (!decomposes_gram()) return;
  if (tall()) {
    gram(d_, m_, Scalar(1), f, d_, Scalar(0), frame.vectors, d_);
    mirror_upper(d_, frame.vectors);
  } else {
    gemm(no, yes, m_, m_, d_, Scalar(1), f, d_, f, d_, Scalar(0), frame.vectors, m_);
  }
}

// Completes the frame of a decomposed Gram matrix. Returns false where its spectrum is too wide.
template <class Scalar>
bool GramFunction<Scalar>::accept_gram(const Scalar* f, const Frame& frame) const {
  const int r = std::min(m_, d_);
  for (int i = 0; i < r; ++i) frame.values[i] = std::max(frame.values[i], Scalar(0));
  const auto widest = static_cast<double>(frame.values[r - 1]);
  if (route_ == GramRoute::automatic &&
      widest > spread_ * (static_cast<double>(frame.values[0]) + epsilon_))
    return false;
  if (!tall()) {
    gemm(no, no, m_, d_, m_, Scalar(1), frame.vectors, m_, f, d_, Scalar(0), frame.projected, d_);
  }
  return true;
}

template <class Scalar>
void GramFunction<Scalar>::decompose_singular(const Scalar* f, const Frame& frame) const {
  const int r = std::min(m_, d_);
  const auto size = [](int rows, int columns) {
    return static_cast<std::size_t>(area(rows, columns));
  };
  std::vector<Scalar> copy(f, f + area(m_, d_));
  std::vector<Scalar> u(size(m_, r));
  std::vector<Scalar> vt(size(r, d_));
  thin_svd(m_, d_, copy.data(), u.data(), frame.values, vt.data());
  if (tall()) {
    std::copy(vt.begin(), vt.end(), frame.vectors);
  } else {
    scale_rows(m_, d_, frame.values, vt.data(), frame.projected);
    for (int i = 0; i < m_; ++i) {
      for (int j = 0; j < m_; ++j)
        frame.vectors[area(i, m_) + j] = u[static_cast<std::size_t>(area(j, m_) + i)];
    }
  }
  for (int i = 0; i < r; ++i) frame.values[i] *= frame.values[i];
}

template <class Scalar>
void GramFunction<Scalar>::finish(const Scalar* f, const Frame& frame, Scalar* result,
                                  Scalar* scratch) const {
  if (!decomposes_gram() || !accept_gram(f, frame)) decompose_singular(f, frame);

  const int r = std::min(m_, d_);
  Scalar* work = scratch;
  Scalar* weights = work + area(r, d_);
  const auto eigenvalue = [&](int i) { return static_cast<double>(frame.values[i]) + epsilon_; };
  if (tall()) {
    // Relative to the least of g's values all weights have one sign.
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < r; ++i) least = std::min(least, function_.value(eigenvalue(i)));
    for (int i = 0; i < r; ++i)
      weights[i] = static_cast<Scalar>(function_.value(eigenvalue(i)) - least);
    weighted_gram(r, d_, frame.vectors, weights, static_cast<Scalar>(least), result, work);
  } else {
    for (int i = 0; i < r; ++i)
      weights[i] = static_cast<Scalar>(function_.divided_difference(eigenvalue(i), epsilon_));
    weighted_gram(r, d_, frame.projected, weights, static_cast<Scalar>(function_.value(epsilon_)),
                  result, work);
  }
}

// The eigenvalues of FᵀF + εI.
template <class Scalar>
std::vector<double> GramFunction<Scalar>::shifted(const Scalar* values, std::size_t count) const {
  std::vector<double> result(values, values + count);
  for (double& value : result) value += epsilon_;
  return result;
}

// L_ij = g[s_i + ε, s_j + ε].
template <class Scalar>
void GramFunction<Scalar>::divided_differences(const Scalar* values, Scalar* table) const {
  const auto r = static_cast<std::size_t>(std::min(m_, d_));
  const ScalarFunction::Differences differences(function_, shifted(values, r));
  std::vector<double> row(r);
  for (std::size_t i = 0; i < r; ++i) {
    differences.row(i, row.data());
    for (std::size_t j = 0; j < r; ++j) table[i * r + j] = static_cast<Scalar>(row[j]);
  }
}

// first_i = h(s_i) and M_ij = h[s_i, s_j].
template <class Scalar>
void GramFunction<Scalar>::mixed_differences(const Scalar* values, Scalar* first,
                                             Scalar* table) const {
  const auto m = static_cast<std::size_t>(m_);
  const double largest = static_cast<double>(*std::max_element(values, values + m));
  const double negligible =
      m_ * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) * largest;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // ε itself is the last point.
  auto points = shifted(values, m);
  points.push_back(epsilon_);
  const ScalarFunction::Differences differences(function_, std::move(points));
  std::vector<double> h(m + 1);
  std::vector<double> row(m + 1);
  differences.row(m, h.data());
  for (std::size_t i = 0; i < m; ++i) {
    first[i] = static_cast<Scalar>(h[i]);
    differences.row(i, row.data());
    const auto own = static_cast<double>(values[i]);
    for (std::size_t j = 0; j < m; ++j) {
      // The quotient divides by the largest distance of the three points. What it loses where all
      // three are close is made good by the factor BAᵀ, which is of the order of that distance;
      // below the rounding error of FFᵀ, that factor vanishes.
      const auto other = static_cast<double>(values[j]);
      const double far = std::max(own, other);
      const double entry =
          (row[j] - (own < other ? h[i] : h[j])) / (far > negligible ? far : infinity);
      table[i * m + j] = static_cast<Scalar>(entry);
    }
  }
}

template <class Scalar>
void GramFunction<Scalar>::variation(const Scalar* f, const KnownFrame& frame,
                                     const Scalar* change_of_f, Scalar* change,
                                     Scalar* scratch) const {
  const int r = std::min(m_, d_);
  Scalar* square = scratch;
  Scalar* slab = square + area(d_, d_);
  Scalar* table = slab + 2 * area(m_, d_);
  Scalar* small = table + area(r, r);
  Scalar* first = small + area(r, r);
  if (tall()) {
    divided_differences(frame.values, table);
    gemm(yes, no, d_, d_, m_, Scalar(1), change_of_f, d_, f, d_, Scalar(0), change, d_);
    add_transposed(d_, Scalar(1), change, square);
    gemm(no, no, d_, d_, d_, Scalar(1), frame.vectors, d_, square, d_, Scalar(0), change, d_);
    gemm(no, yes, d_, d_, d_, Scalar(1), change, d_, frame.vectors, d_, Scalar(0), small, d_);
    multiply_elements(d_, table, small);
    gemm(yes, no, d_, d_, d_, Scalar(1), frame.vectors, d_, small, d_, Scalar(0), square, d_);
    gemm(no, no, d_, d_, d_, Scalar(1), square, d_, frame.vectors, d_, Scalar(0), change, d_);
    return;
  }
  mixed_differences(frame.values, first, table);
  Scalar* projected_change = slab;
  Scalar* half = slab + area(m_, d_);
  gemm(no, no, m_, d_, m_, Scalar(1), frame.vectors, m_, change_of_f, d_, Scalar(0),
       projected_change, d_);
  gemm(no, yes, m_, m_, d_, Scalar(1), projected_change, d_, frame.projected, d_, Scalar(0), square,
       m_);
  add_transposed(m_, Scalar(0.5), square, small);
  multiply_elements(m_, table, small);
  scale_rows(m_, d_, first, projected_change, half);
  gemm(no, no, m_, d_, m_, Scalar(1), small, m_, frame.projected, d_, Scalar(1), half, d_);
  gemm(yes, no, d_, d_, m_, Scalar(1), frame.projected, d_, half, d_, Scalar(0), square, d_);
  add_transposed(d_, Scalar(1), square, change);
}

template <class Scalar>
void GramFunction<Scalar>::adjoint(const Scalar* f, const KnownFrame& frame, const Scalar* adjoint,
                                   Scalar* adjoint_of_f, Scalar* scratch) const {
  const int r = std::min(m_, d_);
  Scalar* symmetric = scratch;
  Scalar* slab = symmetric + area(d_, d_);
  Scalar* table = slab + 2 * area(m_, d_);
  Scalar* small = table + area(r, r);
  Scalar* first = small + area(r, r);
  add_transposed(d_, Scalar(0.5), adjoint, symmetric);
  if (tall()) {
    Scalar* work = slab;
    divided_differences(frame.values, table);
    gemm(no, no, d_, d_, d_, Scalar(1), frame.vectors, d_, symmetric, d_, Scalar(0), work, d_);
    gemm(no, yes, d_, d_, d_, Scalar(1), work, d_, frame.vectors, d_, Scalar(0), small, d_);
    multiply_elements(d_, table, small);
    gemm(yes, no, d_, d_, d_, Scalar(1), frame.vectors, d_, small, d_, Scalar(0), work, d_);
    gemm(no, no, d_, d_, d_, Scalar(2), work, d_, frame.vectors, d_, Scalar(0), symmetric, d_);
    gemm(no, no, m_, d_, d_, Scalar(1), f, d_, symmetric, d_, Scalar(0), adjoint_of_f, d_);
    return;
  }
  mixed_differences(frame.values, first, table);
  Scalar* b = slab;
  Scalar* sum = slab + area(m_, d_);
  gemm(no, no, m_, d_, d_, Scalar(1), frame.projected, d_, symmetric, d_, Scalar(0), b, d_);
  gemm(no, yes, m_, m_, d_, Scalar(1), b, d_, frame.projected, d_, Scalar(0), small, m_);
  multiply_elements(m_, table, small);
  scale_rows(m_, d_, first, b, sum);
  gemm(no, no, m_, d_, m_, Scalar(1), small, m_, frame.projected, d_, Scalar(1), sum, d_);
  gemm(yes, no, m_, d_, m_, Scalar(2), frame.vectors, m_, sum, d_, Scalar(0), adjoint_of_f, d_);
}

template class GramFunction<float>;
template class GramFunction<double>;

}  // namespace eigenprop
