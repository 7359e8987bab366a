#include "spectral/singular_derivatives.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/blas.hpp"
#include "spectral/spectral_vectors.hpp"

namespace eigenprop {
namespace {

constexpr auto no = Transpose::no;
constexpr auto yes = Transpose::yes;

std::int64_t area(int rows, int columns) { return std::int64_t{rows} * columns; }

}  // namespace

template <class Scalar>
SingularDerivatives<Scalar>::SingularDerivatives(const GapTreatment& gaps, int rows, int columns,
                                                 bool full)
    : gaps_(gaps),
      m_(rows),
      n_(columns),
      full_(full),
      p_(std::max(rows, columns)),
      r_(std::min(rows, columns)),
      c_(full ? p_ : r_) {}

template <class Scalar>
std::int64_t SingularDerivatives<Scalar>::scratch_size() const {
  return 2 * area(p_, r_) + 3 * area(r_, r_) + area(p_, r_) + area(c_ - r_, c_ - r_);
}

// 1/σ as σ 1/(σ² - 0), so that a remedy treats the rotation of a left vector out of the range like
// that of two left vectors. Also 1/(σ_i + σ_j): what belongs to turns of left and right vectors
// against each other has no small difference in it.
template <class Scalar>
Scalar SingularDerivatives<Scalar>::inverse(Scalar value) const {
  const auto sigma = static_cast<double>(value);
  return static_cast<Scalar>(sigma * gaps_.reciprocal_of_squares(sigma, 0));
}

// 1/(σ_j - σ_i) as (σ_i + σ_j) 1/(σ_j² - σ_i²), for the same reason.
template <class Scalar>
Scalar SingularDerivatives<Scalar>::together_factor(Scalar si, Scalar sj) const {
  const auto i = static_cast<double>(si), j = static_cast<double>(sj);
  return static_cast<Scalar>((i + j) * gaps_.reciprocal_of_squares(j, i));
}

template <class Scalar>
void SingularDerivatives<Scalar>::variation(const Known& at, const Scalar* change_of_x,
                                            const Parts<Scalar>& changes, Scalar* scratch) const {
  const Scalar* l = left(at);
  const Scalar* r = right(at);
  Scalar* t = scratch;  // dY R, later H
  Scalar* p = t + area(p_, r_);
  Scalar* a = p + area(r_, r_);
  Scalar* b = a + area(r_, r_);
  Scalar* n = b + area(r_, r_);
  gemm(tall() ? no : yes, no, p_, r_, r_, Scalar(1), change_of_x, n_, r, r_, Scalar(0), t, r_);
  gemm(yes, no, r_, r_, p_, Scalar(1), l, c_, t, r_, Scalar(0), p, r_);
  if (changes.values) {
    for (int i = 0; i < r_; ++i) changes.values[i] = p[area(i, r_) + i];
  }
  Scalar* dl = left(changes);
  Scalar* dr = right(changes);
  if (!dl && !dr) return;

  for (int i = 0; i < r_; ++i) {
    const Scalar si = at.values[i];
    a[area(i, r_) + i] = b[area(i, r_) + i] = 0;
    for (int j = i + 1; j < r_; ++j) {
      const Scalar sj = at.values[j];
      const Scalar pij = p[area(i, r_) + j];
      const Scalar pji = p[area(j, r_) + i];
      const Scalar together = together_factor(si, sj) * (pij + pji) / 2;
      const Scalar against = inverse(si + sj) * (pij - pji) / 2;
      a[area(i, r_) + j] = together + against;
      a[area(j, r_) + i] = -a[area(i, r_) + j];
      b[area(i, r_) + j] = together - against;
      b[area(j, r_) + i] = -b[area(i, r_) + j];
    }
  }
  if (dr) gemm(no, no, r_, r_, r_, Scalar(1), r, r_, b, r_, Scalar(0), dr, r_);
  if (!dl) return;
  gemm(no, no, p_, r_, r_, Scalar(1), l, c_, a, r_, Scalar(0), dl, c_);
  if (p_ == r_) return;
  gemm(no, no, p_, r_, r_, Scalar(-1), l, c_, p, r_, Scalar(1), t, r_);
  for (int j = 0; j < r_; ++j) scale_column(p_, r_, inverse(at.values[j]), t, j);
  for (int i = 0; i < p_; ++i) {
    for (int j = 0; j < r_; ++j) dl[area(i, c_) + j] += t[area(i, r_) + j];
  }
  if (c_ == r_) return;
  gemm(yes, no, r_, c_ - r_, p_, Scalar(1), t, r_, l + r_, c_, Scalar(0), n, c_ - r_);
  gemm(no, no, p_, c_ - r_, r_, Scalar(-1), l, c_, n, c_ - r_, Scalar(0), dl + r_, c_);
}

// result (p, r) <- (I - L₁L₁ᵀ) L̄₁ - L₂L̄₂ᵀL₁, the gradient along moves of L₁ out of its range;
// `inside`: L₁ᵀL̄₁; `work`: (c - r, r).
template <class Scalar>
void SingularDerivatives<Scalar>::outside(const Scalar* l, const Scalar* gradient,
                                          const Scalar* inside, Scalar* result,
                                          Scalar* work) const {
  for (int i = 0; i < p_; ++i)
    std::copy(gradient + area(i, c_), gradient + area(i, c_) + r_, result + area(i, r_));
  gemm(no, no, p_, r_, r_, Scalar(-1), l, c_, inside, r_, Scalar(1), result, r_);
  if (c_ == r_) return;
  gemm(yes, no, c_ - r_, r_, p_, Scalar(1), gradient + r_, c_, l, c_, Scalar(0), work, r_);
  gemm(no, no, p_, r_, c_ - r_, Scalar(-1), l + r_, c_, work, r_, Scalar(1), result, r_);
}

template <class Scalar>
void SingularDerivatives<Scalar>::adjoint(const Known& at, const Known& gradients,
                                          Scalar* adjoint_of_x, Scalar* scratch) const {
  const Scalar* l = left(at);
  const Scalar* r = right(at);
  const Scalar* gl = all_zero(area(p_, c_), left(gradients)) ? nullptr : left(gradients);
  const Scalar* gr = all_zero(area(r_, r_), right(gradients)) ? nullptr : right(gradients);
  Scalar* sum = scratch;
  Scalar* w = sum + area(p_, r_);
  Scalar* p = w + area(p_, r_);
  Scalar* ml = p + area(r_, r_);
  Scalar* mr = ml + area(r_, r_);
  Scalar* work = mr + area(r_, r_);
  std::fill(p, p + area(r_, r_), Scalar(0));
  std::fill(ml, ml + 2 * area(r_, r_), Scalar(0));
  if (gl) gemm(yes, no, r_, r_, p_, Scalar(1), l, c_, gl, c_, Scalar(0), ml, r_);
  if (gr) gemm(yes, no, r_, r_, r_, Scalar(1), r, r_, gr, r_, Scalar(0), mr, r_);
  const auto noise_level =
      rounding_of_products<Scalar>(squared_norm(area(p_, c_), gl) + squared_norm(area(r_, r_), gr));
  for (int i = 0; i < r_; ++i) {
    if (gradients.values) p[area(i, r_) + i] = gradients.values[i];
    if (!gl && !gr) continue;
    const Scalar si = at.values[i];
    for (int j = i + 1; j < r_; ++j) {
      const Scalar sj = at.values[j];
      const Scalar lij = ml[area(i, r_) + j] - ml[area(j, r_) + i];
      const Scalar rij = mr[area(i, r_) + j] - mr[area(j, r_) + i];
      const bool noise = gaps_.limits(static_cast<double>(sj * sj), static_cast<double>(si * si)) &&
                         std::abs(lij + rij) <= noise_level;
      const Scalar together = noise ? Scalar(0) : together_factor(si, sj) * (lij + rij) / 2;
      const Scalar against = inverse(si + sj) * (lij - rij) / 2;
      p[area(i, r_) + j] = together + against;
      p[area(j, r_) + i] = together - against;
    }
  }
  gemm(no, no, p_, r_, r_, Scalar(1), l, c_, p, r_, Scalar(0), sum, r_);
  if (gl && p_ > r_) {
    outside(l, gl, ml, w, work);
    for (int j = 0; j < r_; ++j) scale_column(p_, r_, inverse(at.values[j]), w, j);
    for (std::int64_t i = 0; i < area(p_, r_); ++i) sum[i] += w[i];
  }
  if (tall()) {
    gemm(no, yes, m_, n_, r_, Scalar(1), sum, r_, r, r_, Scalar(0), adjoint_of_x, n_);
  } else {
    gemm(no, yes, m_, n_, r_, Scalar(1), r, r_, sum, r_, Scalar(0), adjoint_of_x, n_);
  }
}

template <class Scalar>
UndeterminedGradient::Part SingularDerivatives<Scalar>::measure(const Known& at,
                                                                const Known& gradients,
                                                                const UndeterminedGradient& judge,
                                                                Scalar* scratch) const {
  const Scalar* l = left(at);
  const Scalar* gl = left(gradients);
  const Scalar* gr = right(gradients);
  const double largest = r_ > 0 ? static_cast<double>(at.values[0]) : 0;
  const auto equal = [&](int i, double other) {
    return judge.equal(static_cast<double>(at.values[i]), other, largest);
  };
  const auto turn = [](const Scalar* inner, int n, int i, int j) {
    return static_cast<double>(inner[area(i, n) + j] - inner[area(j, n) + i]);
  };
  Scalar* w = scratch;
  Scalar* ml = w + area(p_, r_);
  Scalar* mr = ml + area(r_, r_);
  Scalar* work = mr + area(r_, r_);
  Scalar* completion = work + area(p_, r_);
  std::fill(ml, ml + 2 * area(r_, r_), Scalar(0));
  if (gl) gemm(yes, no, r_, r_, p_, Scalar(1), l, c_, gl, c_, Scalar(0), ml, r_);
  if (gr) gemm(yes, no, r_, r_, r_, Scalar(1), right(at), r_, gr, r_, Scalar(0), mr, r_);

  UndeterminedGradient::Part part;
  part.total = squared_norm(area(p_, c_), gl) + squared_norm(r_, gradients.values) +
               squared_norm(area(r_, r_), gr);
  for (int i = 0; i < r_; ++i) {
    for (int j = i + 1; j < r_; ++j) {
      if (!equal(i, static_cast<double>(at.values[j]))) continue;
      ++part.pairs;
      // Rotations of unit length: of u's and v's together, and singly where σ = 0.
      const double lij = turn(ml, r_, i, j);
      const double rij = turn(mr, r_, i, j);
      part.undetermined +=
          equal(i, 0) ? (lij * lij + rij * rij) / 2 : (lij + rij) * (lij + rij) / 4;
    }
  }
  if (!gl || p_ == r_) return part;
  outside(l, gl, ml, w, work);
  for (int j = 0; j < r_; ++j) {
    if (!equal(j, 0)) continue;
    part.pairs += p_ - r_;
    double sum = 0;
    for (int i = 0; i < p_; ++i)
      sum += static_cast<double>(w[area(i, r_) + j]) * static_cast<double>(w[area(i, r_) + j]);
    part.undetermined += full_ ? sum / 2 : sum;
  }
  const int extra = c_ - r_;
  if (extra == 0) return part;
  gemm(yes, no, extra, extra, p_, Scalar(1), l + r_, c_, gl + r_, c_, Scalar(0), completion, extra);
  for (int i = 0; i < extra; ++i) {
    for (int j = i + 1; j < extra; ++j) {
      const double turned = turn(completion, extra, i, j);
      part.undetermined += turned * turned / 2;
    }
  }
  return part;
}

template class SingularDerivatives<float>;
template class SingularDerivatives<double>;

}  // namespace eigenprop
