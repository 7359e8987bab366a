#include "optimization/sparse_codes.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "linalg/blas.hpp"
#include "linalg/detail/vector_array.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// Registers of AVX-512; other instruction sets take two or four for one.
constexpr std::size_t lanes = 8;
using Pack = double __attribute__((vector_size(lanes * sizeof(double))));
// Columns of a product that stay in registers.
constexpr std::size_t packs = 4;
// Samples of a task.
constexpr std::int64_t task_rows = 32;
// Iterations after which products that were carried along are computed anew.
constexpr std::int64_t refresh = 100;
// Of the bound of one step's backtracking.
constexpr int most_doublings = 100;

std::size_t padded(std::int64_t n) {
  constexpr std::size_t whole = packs * lanes;
  return (static_cast<std::size_t>(n) + whole - 1) / whole * whole;
}

void require_finite(const double* values, std::int64_t rows, std::int64_t columns,
                    const std::string& what) {
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    if (!std::isfinite(values[i]))
      throw InputError(what + " " + std::to_string(i / columns) + " is not finite");
  }
}

double sum(const Pack& pack) {
  double total = 0;
  for (std::size_t i = 0; i < lanes; ++i) total += pack[i];
  return total;
}

void add(SparseCodeReport& to, const SparseCodeReport& report) {
  to.objective += report.objective;
  to.iterations = std::max(to.iterations, report.iterations);
  to.unfinished += report.unfinished;
  to.overflown = to.overflown || report.overflown;
}

}  // namespace

/// What all samples share.
struct SparseCoder::Problem {
  const double* dictionary;
  VectorArray<Pack> gram;  ///< D Dᵀ, padded with zeros to (width, width)
  std::int64_t atoms, features;
  std::size_t width;   ///< atoms, padded
  double first_bound;  ///< where backtracking begins: the mean eigenvalue of 2 D Dᵀ
  SparseCodeSettings settings;
};

/// Solves one sample after another. Codes have few entries that are not zero: products with D Dᵀ
/// take its rows of these alone.
class SparseCoder::Solver {
 public:
  explicit Solver(const Problem& problem)
      : p_(problem), size_(p_.width / lanes), places_(p_.width) {}

  /// `correlations`: D x; `squares`: ‖x‖².
  SparseCodeReport solve(const double* correlations, double squares, double* codes) {
    std::copy_n(correlations, p_.atoms, scalars(b_));
    std::copy_n(codes, p_.atoms, scalars(s_));
    y_.assign(s_);
    bound_ = p_.first_bound;
    momentum_ = 1;
    SparseCodeReport report;
    report.unfinished = 1;
    for (; report.iterations < p_.settings.iterations && report.unfinished > 0;
         ++report.iterations) {
      if (report.iterations % refresh == 0) {
        times_gram(y_, yg_);
        times_gram(s_, sg_);
      }
      for (int doublings = 0; !propose(); ++doublings) {
        // The largest eigenvalue is at most log2(atoms) doublings from the mean: what is left is
        // arithmetic that has overflown.
        if (doublings == most_doublings || !std::isfinite(bound_)) return {0, 0, 0, true};
        bound_ *= 2;
      }
      report.unfinished = accept() ? 0 : 1;
    }
    times_gram(s_, sg_);
    // ‖x - sD‖² = sGsᵀ - 2 bsᵀ + ‖x‖²
    Pack objective = {};
    for (std::size_t i = 0; i < size_; ++i)
      objective += s_[i] * (sg_[i] - 2 * b_[i]) + p_.settings.sparsity * absolute(s_[i]);
    report.objective = squares + sum(objective);
    std::copy_n(scalars(s_), p_.atoms, codes);
    return report;
  }

 private:
  using Row = VectorArray<Pack>;

  static double* scalars(Row& row) { return reinterpret_cast<double*>(row.data()); }
  static const double* scalars(const Row& row) {
    return reinterpret_cast<const double*>(row.data());
  }
  static Pack absolute(const Pack& pack) { return pack < 0 ? -pack : pack; }

  /// to <- v G
  void times_gram(const Row& v, Row& to) {
    const double* factors = scalars(v);
    std::size_t count = 0;
    for (std::size_t i = 0; i < p_.width; ++i) {
      places_[count] = i;
      count += factors[i] != 0 ? 1 : 0;
    }
    for (std::size_t column = 0; column < size_; column += packs) {
      Pack sums[packs] = {};
      for (std::size_t n = 0; n < count; ++n) {
        const Pack* row = p_.gram.data() + places_[n] * size_ + column;
        for (std::size_t i = 0; i < packs; ++i) sums[i] += factors[places_[n]] * row[i];
      }
      for (std::size_t i = 0; i < packs; ++i) to[column + i] = sums[i];
    }
  }

  /// next <- prox(y - ∇f(y) / L), change <- next - y. Returns whether the model with L lies above f
  /// there: f is quadratic, change G changeᵀ <= L/2 ‖change‖².
  bool propose() {
    const double step = 1 / bound_, threshold = step * p_.settings.sparsity;
    for (std::size_t i = 0; i < size_; ++i) {
      const Pack moved = y_[i] - step * (2 * (yg_[i] - b_[i]));
      const Pack above = moved - threshold, below = moved + threshold;
      // The proximal operator of threshold |·|.
      next_[i] = above > 0 ? above : below < 0 ? below : Pack{};
      change_[i] = next_[i] - y_[i];
    }
    times_gram(change_, change_g_);
    Pack length = {}, curvature = {};
    for (std::size_t i = 0; i < size_; ++i) {
      curvature += change_[i] * change_g_[i];
      length += change_[i] * change_[i];
    }
    return sum(curvature) <= bound_ / 2 * sum(length) * (1 + 1e-12);
  }

  /// s <- next, and y beyond it. Returns whether the tolerance is met.
  bool accept() {
    Pack largest = {}, downhill = {};
    for (std::size_t i = 0; i < size_; ++i) {
      const Pack size = absolute(change_[i]);
      largest = size > largest ? size : largest;
      downhill += change_[i] * (next_[i] - s_[i]);
    }
    const bool fista = p_.settings.method == ProximalMethod::fista;
    const double t = sum(downhill) >= 0 ? momentum_ : 1;
    momentum_ = fista ? (1 + std::sqrt(1 + 4 * t * t)) / 2 : 1;
    const double factor = fista ? (t - 1) / momentum_ : 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const Pack next_g = yg_[i] + change_g_[i];
      y_[i] = next_[i] + factor * (next_[i] - s_[i]);
      yg_[i] = next_g + factor * (next_g - sg_[i]);
      s_[i] = next_[i];
      sg_[i] = next_g;
    }
    double most = 0;
    for (std::size_t i = 0; i < lanes; ++i) most = std::max(most, largest[i]);
    return most * bound_ <= p_.settings.tolerance;
  }

  const Problem& p_;
  std::size_t size_;
  double bound_ = 1, momentum_ = 1;
  // b = D x; products with G = D Dᵀ end in g. Zero beyond the atoms.
  Row b_{size_}, s_{size_}, sg_{size_}, y_{size_}, yg_{size_}, next_{size_}, change_{size_},
      change_g_{size_};
  std::vector<std::size_t> places_;
};

SparseCoder::SparseCoder(const double* dictionary, std::int64_t atoms, std::int64_t features,
                         const SparseCodeSettings& settings, const HostExecutionSpace& space)
    : space_(space) {
  require(settings.sparsity >= 0 && std::isfinite(settings.sparsity),
          "the sparsity must be a number of at least 0");
  require(atoms > 0 && features > 0, "a dictionary needs atoms and features");
  require_finite(dictionary, atoms, features, "atom");
  const std::size_t width = padded(atoms);
  VectorArray<Pack> packed(width * width / lanes);
  auto* gram = reinterpret_cast<double*>(packed.data());
  const auto k = static_cast<int>(atoms), d = static_cast<int>(features);
  gemm(Transpose::no, Transpose::yes, k, k, d, 1.0, dictionary, d, dictionary, d, 0.0, gram,
       static_cast<int>(width));
  double trace = 0;
  for (std::size_t i = 0; i < width; ++i) trace += gram[i * width + i];
  require(std::isfinite(trace),
          "the dictionary's values are too large: the squares of their norms overflow");
  const double bound = trace > 0 ? 2 * trace / static_cast<double>(atoms) : 1;
  problem_ = std::make_unique<const Problem>(
      Problem{dictionary, std::move(packed), atoms, features, width, bound, settings});
}

SparseCoder::~SparseCoder() = default;

SparseCodeReport SparseCoder::solve(const double* x, std::int64_t samples, double* codes,
                                    const std::function<bool()>& stops) const {
  const Problem& problem = *problem_;
  const std::int64_t atoms = problem.atoms, features = problem.features;
  require_finite(x, samples, features, "sample");
  const std::int64_t tasks = (samples + task_rows - 1) / task_rows;
  std::vector<SparseCodeReport> reports(static_cast<std::size_t>(tasks));
  std::vector<std::int64_t> overflown(static_cast<std::size_t>(tasks), -1);  // first sample
  // MPI, by which ranks hear of each other, is for the main thread alone.
  std::atomic<bool> stopped{false};
  const auto caller = std::this_thread::get_id();
  const auto stopping = [&] {
    if (std::this_thread::get_id() == caller && !stopped) stopped = stops();
    return stopped.load();
  };
  Kokkos::parallel_for("sparse codes",
                       Kokkos::RangePolicy<HostExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>>(
                           space_, 0, static_cast<std::size_t>(tasks)),
                       [&](std::size_t task) {
                         const std::int64_t first = static_cast<std::int64_t>(task) * task_rows;
                         const std::int64_t rows = std::min(samples - first, task_rows);
                         const double* own = x + first * features;
                         std::vector<double> correlations(static_cast<std::size_t>(rows * atoms));
                         const auto k = static_cast<int>(atoms), d = static_cast<int>(features);
                         gemm(Transpose::no, Transpose::yes, static_cast<int>(rows), k, d, 1.0, own,
                              d, problem.dictionary, d, 0.0, correlations.data(), k);
                         Solver solver(problem);
                         for (std::int64_t i = 0; i < rows && !stopping(); ++i) {
                           double squares = 0;
                           for (std::int64_t j = i * features; j < (i + 1) * features; ++j)
                             squares += own[j] * own[j];
                           const auto report = solver.solve(correlations.data() + i * atoms,
                                                            squares, codes + (first + i) * atoms);
                           // No exception may leave a parallel loop.
                           if (report.overflown && overflown[task] < 0) overflown[task] = first + i;
                           add(reports[task], report);
                         }
                       });
  space_.fence();
  for (const std::int64_t sample : overflown) {
    if (sample >= 0) {
      throw InputError("sample " + std::to_string(sample) +
                           ": no step length suits the search for its code; its values, or the "
                           "dictionary's, are too large",
                       SourceLocation::current(), sample);
    }
  }
  SparseCodeReport all;
  for (const auto& report : reports) add(all, report);
  return all;
}

}  // namespace eigenprop
