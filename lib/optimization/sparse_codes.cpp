#include "optimization/sparse_codes.hpp"

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <string>

#include "runtime/error.hpp"
#include "tensor/blas.hpp"

namespace eigenprop {
namespace {

constexpr std::int64_t block_rows = 64;

double soft_threshold(double x, double t) { return x > t ? x - t : x < -t ? x + t : 0; }

void require_finite(const double* values, std::int64_t rows, std::int64_t columns,
                    const std::string& what) {
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    require(std::isfinite(values[i]), what + " " + std::to_string(i / columns) + " is not finite");
  }
}

/// What all samples share.
struct Problem {
  const double* x;
  const double* dictionary;
  std::vector<double> gram;  ///< D Dᵀ
  std::int64_t atoms, features;
  double first_bound;  ///< where backtracking begins: the mean eigenvalue of 2 D Dᵀ
  SparseCodeSettings settings;
};

/// to (rows, atoms) <- from (rows, atoms) G.
void times_gram(const Problem& p, std::int64_t rows, const double* from, double* to) {
  const auto k = static_cast<int>(p.atoms);
  gemm(Transpose::no, Transpose::no, static_cast<int>(rows), k, k, 1.0, from, k, p.gram.data(), k,
       0.0, to, k);
}

/// The rows of one block, each with its own step length and momentum.
class Block {
 public:
  Block(const Problem& problem, std::int64_t first, std::int64_t rows, double* codes)
      : p_(problem), rows_(rows), s_(codes + first * problem.atoms) {
    const auto size = static_cast<std::size_t>(rows * p_.atoms);
    y_.assign(s_, s_ + size);
    for (auto* v : {&b_, &yg_, &next_, &change_, &change_g_}) v->resize(size);
    bound_.assign(static_cast<std::size_t>(rows), p_.first_bound);
    momentum_.assign(static_cast<std::size_t>(rows), 1.0);
    done_.assign(static_cast<std::size_t>(rows), 0);
    const double* x = p_.x + first * p_.features;
    const auto k = static_cast<int>(p_.atoms), d = static_cast<int>(p_.features);
    gemm(Transpose::no, Transpose::yes, static_cast<int>(rows), k, d, 1.0, x, d, p_.dictionary, d,
         0.0, b_.data(), k);
    for (std::int64_t i = 0; i < rows * p_.features; ++i) squares_ += x[i] * x[i];
  }

  SparseCodeReport solve() {
    SparseCodeReport report;
    while (report.iterations < p_.settings.iterations && unfinished() > 0) {
      times_gram(p_, rows_, y_.data(), yg_.data());
      step();
      ++report.iterations;
    }
    report.unfinished = unfinished();
    // ‖x - sD‖² = sGsᵀ - 2 bsᵀ + ‖x‖²
    times_gram(p_, rows_, s_, yg_.data());
    report.objective = squares_;
    for (std::size_t i = 0; i < yg_.size(); ++i) {
      report.objective += s_[i] * (yg_[i] - 2 * b_[i]) + p_.settings.sparsity * std::abs(s_[i]);
    }
    return report;
  }

 private:
  std::int64_t unfinished() const { return std::count(done_.begin(), done_.end(), 0); }

  /// next <- prox(y - ∇f(y) / L) and change <- next - y, for the rows marked.
  void propose(const std::vector<char>& marked) {
    for (std::int64_t r = 0; r < rows_; ++r) {
      const auto row = static_cast<std::size_t>(r);
      if (!marked[row]) continue;
      const double step = 1 / bound_[row];
      for (std::int64_t j = r * p_.atoms; j < (r + 1) * p_.atoms; ++j) {
        const auto i = static_cast<std::size_t>(j);
        const double gradient = 2 * (yg_[i] - b_[i]);
        next_[i] = soft_threshold(y_[i] - step * gradient, step * p_.settings.sparsity);
        change_[i] = next_[i] - y_[i];
      }
    }
  }

  /// f is quadratic: its model with L lies above it at `next` where change G changeᵀ <= L/2
  /// ‖change‖².
  bool holds(std::int64_t r) const {
    double curvature = 0, length = 0;
    for (std::int64_t j = r * p_.atoms; j < (r + 1) * p_.atoms; ++j) {
      const auto i = static_cast<std::size_t>(j);
      curvature += change_[i] * change_g_[i];
      length += change_[i] * change_[i];
    }
    return curvature <= bound_[static_cast<std::size_t>(r)] / 2 * length * (1 + 1e-12);
  }

  void step() {
    std::vector<char> marked(done_.size());
    for (std::size_t r = 0; r < marked.size(); ++r) marked[r] = !done_[r];
    for (bool any = true; any;) {
      propose(marked);
      times_gram(p_, rows_, change_.data(), change_g_.data());
      any = false;
      for (std::int64_t r = 0; r < rows_; ++r) {
        const auto row = static_cast<std::size_t>(r);
        if (!marked[row]) continue;
        marked[row] = !holds(r);
        if (marked[row]) bound_[row] *= 2;
        any = any || marked[row];
      }
    }
    for (std::int64_t r = 0; r < rows_; ++r) {
      if (!done_[static_cast<std::size_t>(r)]) accept(r);
    }
  }

  void accept(std::int64_t r) {
    const auto row = static_cast<std::size_t>(r);
    double largest = 0, uphill = 0;
    for (std::int64_t j = r * p_.atoms; j < (r + 1) * p_.atoms; ++j) {
      const auto i = static_cast<std::size_t>(j);
      largest = std::max(largest, std::abs(change_[i]));
      uphill -= change_[i] * (next_[i] - s_[j]);
    }
    const bool accelerated = p_.settings.method == ProximalMethod::fista && uphill <= 0;
    const double t = accelerated ? momentum_[row] : 1;
    const double following = (1 + std::sqrt(1 + 4 * t * t)) / 2;
    const double factor = accelerated ? (t - 1) / following : 0;
    momentum_[row] = p_.settings.method == ProximalMethod::fista ? following : 1;
    for (std::int64_t j = r * p_.atoms; j < (r + 1) * p_.atoms; ++j) {
      const auto i = static_cast<std::size_t>(j);
      y_[i] = next_[i] + factor * (next_[i] - s_[j]);
      s_[j] = next_[i];
    }
    done_[row] = largest * bound_[row] <= p_.settings.tolerance ? 1 : 0;
  }

  const Problem& p_;
  std::int64_t rows_;
  double* s_;
  double squares_ = 0;
  std::vector<double> y_, b_, yg_, next_, change_, change_g_;
  std::vector<double> bound_, momentum_;
  std::vector<char> done_;
};

}  // namespace

SparseCodeReport sparse_codes(const double* x, std::int64_t samples, const double* dictionary,
                              std::int64_t atoms, std::int64_t features,
                              const SparseCodeSettings& settings, double* codes) {
  require(settings.sparsity >= 0 && std::isfinite(settings.sparsity),
          "the sparsity must be a number of at least 0");
  require(atoms > 0 && features > 0, "a dictionary needs atoms and features");
  require_finite(dictionary, atoms, features, "atom");
  require_finite(x, samples, features, "sample");
  Problem problem{x,       dictionary, std::vector<double>(static_cast<std::size_t>(atoms * atoms)),
                  atoms,   features,   0,
                  settings};
  const auto k = static_cast<int>(atoms), d = static_cast<int>(features);
  gemm(Transpose::no, Transpose::yes, k, k, d, 1.0, dictionary, d, dictionary, d, 0.0,
       problem.gram.data(), k);
  double trace = 0;
  for (std::int64_t i = 0; i < atoms; ++i)
    trace += problem.gram[static_cast<std::size_t>(i * atoms + i)];
  problem.first_bound = trace > 0 ? 2 * trace / static_cast<double>(atoms) : 1;

  const std::int64_t blocks = (samples + block_rows - 1) / block_rows;
  std::vector<SparseCodeReport> reports(static_cast<std::size_t>(blocks));
  Kokkos::parallel_for(
      "sparse codes",
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>(
          0, static_cast<std::size_t>(blocks)),
      [&](std::size_t i) {
        const std::int64_t first = static_cast<std::int64_t>(i) * block_rows;
        Block block(problem, first, std::min(block_rows, samples - first), codes);
        reports[i] = block.solve();
      });
  SparseCodeReport all;
  for (const auto& report : reports) {
    all.objective += report.objective;
    all.iterations = std::max(all.iterations, report.iterations);
    all.unfinished += report.unfinished;
  }
  return all;
}

}  // namespace eigenprop
