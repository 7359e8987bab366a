#include "linalg/batched_eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "linalg/detail/vector_array.hpp"
#include "linalg/lapack.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using Index = std::ptrdiff_t;

constexpr int lanes = static_cast<int>(vector_bytes / std::int64_t{sizeof(double)});
static_assert(lanes <= static_cast<int>(largest_eigen_batch));
// Larger matrices leave the second cache, or LAPACK's vectors win against short ones here.
constexpr int largest = lanes == 8 ? 128 : lanes == 4 ? 96 : 64;

constexpr int most_iterations = 60;
constexpr double unit_roundoff = std::numeric_limits<double>::epsilon() / 2;

// A number of each of L matrices. This file is compiled without contraction to fused operations, so
// that the arithmetic is the same for every L.
template <int L>
struct Lanes {
  typedef double Number __attribute__((vector_size(L * sizeof(double))));
  static double& at(Number& x, int lane) { return reinterpret_cast<double*>(&x)[lane]; }
};
template <>
struct Lanes<1> {
  using Number = double;
  static double& at(Number& x, int) { return x; }
};

template <int L>
class Solver {
 public:
  using Number = typename Lanes<L>::Number;

  explicit Solver(int n)
      : n_(n),
        lower_(static_cast<std::size_t>(n) * static_cast<std::size_t>(n + 1) / 2),
        vectors_(static_cast<std::size_t>(n) * static_cast<std::size_t>(n)),
        work_(5 * static_cast<std::size_t>(n)) {}

  /// Returns false where one of the matrices does not converge.
  bool solve(int count, double* const* a, double* const* w) {
    load(count, a);
    tridiagonalize();
    accumulate();
    if (!diagonalize()) return false;
    store(count, a, w);
    return true;
  }

 private:
  static double& at(Number& x, int lane) { return Lanes<L>::at(x, lane); }
  static Number all(double x) { return x - Number{}; }
  static Number root(Number x) {
    Number result;
    for (int l = 0; l < L; ++l) at(result, l) = std::sqrt(at(x, l));
    return result;
  }
  static Number magnitude(Number x) { return x < 0 ? -x : x; }
  template <class Mask>
  static bool any(Mask mask) {
    if constexpr (L == 1) {
      return mask;
    } else {
      bool result = false;
      for (int l = 0; l < L; ++l) result |= mask[l] != 0;
      return result;
    }
  }

  // Column j of the lower triangle, from the diagonal on.
  Number* column(Index j) { return lower_.data() + j * n_ - j * (j - 1) / 2; }
  Number* vector(Index j) { return vectors_.data() + j * n_; }

  Number* diagonal() { return work_.data(); }
  Number* off_diagonal() { return work_.data() + n_; }
  Number* scale() { return work_.data() + 2 * n_; }
  Number* first() { return work_.data() + 3 * n_; }
  Number* second() { return work_.data() + 4 * n_; }

  // Scaled by powers of two so that no square overflows.
  void load(int count, double* const* a) {
    for (int l = 0; l < L; ++l) {
      const double* matrix = a[std::min(l, count - 1)];
      double most = 0;
      for (Index i = 0; i < n_; ++i) {
        for (Index j = i; j < n_; ++j) most = std::max(most, std::abs(matrix[i * n_ + j]));
      }
      exponents_[l] = most > 0 ? std::ilogb(most) : 0;
      const double factor = std::ldexp(1, -exponents_[l]);
      for (Index i = 0; i < n_; ++i) {
        Number* to = column(i);
        for (Index j = i; j < n_; ++j) at(to[j - i], l) = matrix[i * n_ + j] * factor;
      }
    }
  }

  // A = Q T Qᵀ, Q the product of I - τ v vᵀ, v = (0, 1, ...) in the columns of A, τ in scale(). T
  // is stored from its end: what QL looks at first is then what is smallest where A is graded or
  // deficient.
  void tridiagonalize() {
    for (Index k = 0; k + 1 < n_; ++k) {
      Number* v = column(k) + 1;
      const Index size = n_ - k - 1;
      diagonal()[n_ - 1 - k] = column(k)[0];
      Number rest = all(0);
      for (Index i = 1; i < size; ++i) rest += v[i] * v[i];
      const Number alpha = v[0];
      const Number norm = root(alpha * alpha + rest);
      const auto done = rest == 0;
      const Number beta = done ? alpha : (alpha < 0 ? norm : -norm);
      const Number tau = done ? all(0) : (beta - alpha) / beta;
      const Number factor = done ? all(0) : all(1) / (alpha - beta);
      v[0] = all(1);
      for (Index i = 1; i < size; ++i) v[i] *= factor;
      off_diagonal()[n_ - 2 - k] = beta;
      scale()[k] = tau;
      if (any(tau != 0)) reflect(k, size, v, tau);
    }
    diagonal()[0] = column(n_ - 1)[0];
    off_diagonal()[n_ - 1] = all(0);
  }

  // The trailing matrix B <- (I - τ v vᵀ) B (I - τ v vᵀ) = B - v wᵀ - w vᵀ with
  // w = τ B v - τ/2 (τ vᵀ B v) v.
  void reflect(Index k, Index size, const Number* v, Number tau) {
    Number* w = first();
    std::fill_n(w, size, all(0));
    for (Index j = 0; j < size; ++j) {
      const Number* b = column(k + 1 + j);
      const Number own = v[j];
      Number sum = b[0] * own;
      for (Index i = j + 1; i < size; ++i) {
        w[i] += b[i - j] * own;
        sum += b[i - j] * v[i];
      }
      w[j] += sum;
    }
    Number product = all(0);
    for (Index i = 0; i < size; ++i) {
      w[i] *= tau;
      product += w[i] * v[i];
    }
    product *= all(0.5) * tau;
    for (Index i = 0; i < size; ++i) w[i] -= product * v[i];
    for (Index j = 0; j < size; ++j) {
      Number* b = column(k + 1 + j);
      const Number own_v = v[j];
      const Number own_w = w[j];
      for (Index i = j; i < size; ++i) b[i - j] -= v[i] * own_w + w[i] * own_v;
    }
  }

  // vectors <- Q, its columns from the last.
  void accumulate() {
    std::fill_n(vectors_.data(), vectors_.size(), all(0));
    for (Index j = 0; j < n_; ++j) vector(n_ - 1 - j)[j] = all(1);
    for (Index k = n_ - 2; k >= 0; --k) {
      const Number* v = column(k) + 1;
      const Number tau = scale()[k];
      if (!any(tau != 0)) continue;
      const Index size = n_ - k - 1;
      Index j = 0;
      for (; j + 4 <= size; j += 4) reflect_columns<4>(k, j, size, v, tau);
      for (; j < size; ++j) reflect_columns<1>(k, j, size, v, tau);
    }
  }

  // Several columns, so that no sum waits for the one before.
  template <int columns>
  void reflect_columns(Index k, Index j, Index size, const Number* v, Number tau) {
    Number* q[columns];
    Number sums[columns];
    for (int c = 0; c < columns; ++c) {
      q[c] = vector(n_ - 2 - k - j - c) + k + 1;
      sums[c] = all(0);
    }
    for (Index i = 0; i < size; ++i) {
      for (int c = 0; c < columns; ++c) sums[c] += v[i] * q[c][i];
    }
    for (int c = 0; c < columns; ++c) sums[c] *= tau;
    for (Index i = 0; i < size; ++i) {
      for (int c = 0; c < columns; ++c) q[c][i] -= sums[c] * v[i];
    }
  }

  // Implicit QL with Wilkinson's shift. Every lane has a block l ... ends[lane] of its own; a lane
  // whose off-diagonal element l is negligible rests.
  bool diagonalize() {
    Number* d = diagonal();
    Number* e = off_diagonal();
    for (Index l = 0; l < n_; ++l) {
      for (int iteration = 0;; ++iteration) {
        Index ends[L];
        const Index end = find_blocks(l, ends);
        if (end == l) break;
        if (iteration == most_iterations) return false;
        sweep(l, end, ends, d, e);
        rotate(l, end);
      }
    }
    return true;
  }

  // Returns the largest end.
  Index find_blocks(Index l, Index* ends) {
    const Number* d = diagonal();
    const Number* e = off_diagonal();
    Index end = l;
    for (int lane = 0; lane < L; ++lane) ends[lane] = -1;
    int open = L;
    for (Index m = l; m < n_ && open > 0; ++m) {
      Number size = m + 1 < n_ ? magnitude(d[m]) + magnitude(d[m + 1]) : all(0);
      Number element = magnitude(e[m]);
      size = unit_roundoff * (size + unit_roundoff);
      for (int lane = 0; lane < L; ++lane) {
        if (ends[lane] < 0 && at(element, lane) <= at(size, lane)) {
          ends[lane] = m;
          --open;
          end = m;
        }
      }
    }
    return end;
  }

  // The rotations of one sweep, cosines in first(), sines in second(); T <- its result.
  void sweep(Index l, Index end, const Index* ends, Number* d, Number* e) {
    Number at_end = all(0);
    Number last = all(0);
    for (int lane = 0; lane < L; ++lane) {
      at(at_end, lane) = at(d[ends[lane]], lane);
      at(last, lane) = static_cast<double>(ends[lane]);
    }
    const auto active = last > static_cast<double>(l);
    const Number half = (d[l + 1] - d[l]) / (active ? 2 * e[l] : all(1));
    const Number radius = root(half * half + 1);
    Number g = at_end - d[l] + (active ? e[l] : all(0)) / (half + (half < 0 ? -radius : radius));
    Number c = all(1), s = all(1), p = all(0);
    // A lane whose remainder vanishes stops.
    Number stopped = all(0);
    for (Index i = end - 1; i >= l; --i) {
      const auto takes_part = (last > static_cast<double>(i)) & (stopped == 0);
      const Number f = s * e[i];
      const Number b = c * e[i];
      const Number r = root(f * f + g * g);
      const auto vanished = takes_part & (r == 0);
      const auto turns = takes_part & (r != 0);
      const Number divisor = turns ? r : all(1);
      e[i + 1] = takes_part ? r : e[i + 1];
      s = turns ? f / divisor : s;
      c = turns ? g / divisor : c;
      const Number shifted = d[i + 1] - p;
      const Number change = (d[i] - shifted) * s + 2 * c * b;
      const Number next = s * change;
      d[i + 1] = turns ? shifted + next : (vanished ? shifted : d[i + 1]);
      p = turns ? next : p;
      g = turns ? c * change - b : g;
      stopped = vanished ? all(1) : stopped;
      first()[i] = turns ? c : all(1);
      second()[i] = turns ? s : all(0);
    }
    const auto whole = active & (stopped == 0);
    d[l] = whole ? d[l] - p : d[l];
    e[l] = whole ? g : e[l];
    for (int lane = 0; lane < L; ++lane) {
      if (ends[lane] > l) at(e[ends[lane]], lane) = 0;
    }
  }

  // Columns i and i + 1 of the vectors turn, i = end - 1 ... l. A few rows at a time: the column
  // that two rotations share stays in registers.
  void rotate(Index l, Index end) {
    Index k = 0;
    for (; k + rows_at_once <= n_; k += rows_at_once) rotate_rows<rows_at_once>(l, end, k);
    for (; k < n_; ++k) rotate_rows<1>(l, end, k);
  }

  template <int rows>
  void rotate_rows(Index l, Index end, Index k) {
    const Number* cosines = first();
    const Number* sines = second();
    Number carried[rows];
    for (int r = 0; r < rows; ++r) carried[r] = vector(end)[k + r];
    for (Index i = end - 1; i >= l; --i) {
      const Number c = cosines[i];
      const Number s = sines[i];
      const Number* lower = vector(i) + k;
      Number* upper = vector(i + 1) + k;
      for (int r = 0; r < rows; ++r) {
        const Number z = lower[r];
        upper[r] = s * z + c * carried[r];
        carried[r] = c * z - s * carried[r];
      }
    }
    for (int r = 0; r < rows; ++r) vector(l)[k + r] = carried[r];
  }

  // Ascending.
  void store(int count, double* const* a, double* const* w) {
    std::vector<int> order(static_cast<std::size_t>(n_));
    for (int l = 0; l < count; ++l) {
      std::iota(order.begin(), order.end(), 0);
      std::sort(order.begin(), order.end(),
                [&](int i, int j) { return at(diagonal()[i], l) < at(diagonal()[j], l); });
      const double factor = std::ldexp(1, exponents_[l]);
      for (Index j = 0; j < n_; ++j) {
        const Index from = order[static_cast<std::size_t>(j)];
        w[l][j] = at(diagonal()[from], l) * factor;
        for (Index i = 0; i < n_; ++i) a[l][j * n_ + i] = at(vector(from)[i], l);
      }
    }
  }

  static constexpr int rows_at_once = L == 1 ? 32 : 8;

  Index n_;
  VectorArray<Number> lower_;
  VectorArray<Number> vectors_;
  VectorArray<Number> work_;
  int exponents_[L];
};

bool finite(int n, const double* a) {
  double sum = 0;
  for (Index i = 0; i < n; ++i) {
    for (Index j = i; j < n; ++j) sum += 0 * a[Index{n} * i + j];
  }
  return sum == 0;
}

// Matrices begin ... end - 1.
template <class Scalar>
void by_lapack(int n, std::size_t begin, std::size_t end, Scalar* const* a, Scalar* const* w) {
  for (std::size_t k = begin; k < end; ++k) {
    try {
      symmetric_eigen(n, a[k], w[k]);
    } catch (const Error&) {
      rethrow_with_prefix("", static_cast<std::int64_t>(k));
    }
  }
}

}  // namespace

template <>
std::size_t eigen_batch<float>(int /*n*/) {
  return 1;
}

template <>
std::size_t eigen_batch<double>(int n) {
  return n >= 2 && n <= largest ? largest_eigen_batch : 1;
}

void symmetric_eigen_batch(int n, std::size_t count, float* const* a, float* const* w) {
  by_lapack(n, 0, count, a, w);
}

void symmetric_eigen_batch(int n, std::size_t count, double* const* a, double* const* w) {
  const bool all_finite =
      std::all_of(a, a + count, [&](const double* matrix) { return finite(n, matrix); });
  if (eigen_batch<double>(n) == 1 || !all_finite) {
    by_lapack(n, 0, count, a, w);
    return;
  }
  // With fewer, most lanes would idle.
  constexpr std::size_t at_once = lanes, fewest = std::max(2, lanes / 2);
  for (std::size_t k = 0; k < count; k += at_once) {
    const std::size_t part = std::min(at_once, count - k);
    if (part >= fewest && Solver<lanes>(n).solve(static_cast<int>(part), a + k, w + k)) continue;
    Solver<1> single(n);
    for (std::size_t i = k; i < k + part; ++i) {
      if (!single.solve(1, a + i, w + i)) by_lapack(n, i, i + 1, a, w);
    }
  }
}

}  // namespace eigenprop
