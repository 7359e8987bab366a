#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "tensor/execution_space.hpp"

namespace eigenprop {

enum class ProximalMethod {
  ista,  ///< proximal gradient steps
  fista  ///< with Nesterov's momentum (Beck and Teboulle, SIAM J. Imaging Sciences 2009), which
         ///< starts afresh where it points uphill (O'Donoghue and Candès, 2015)
};

struct SparseCodeSettings {
  double sparsity = 0.1;  ///< λ
  ProximalMethod method = ProximalMethod::fista;
  std::int64_t iterations = 1000;  ///< at most
  /// Ends where no entry of the generalized gradient L (y - prox(y - ∇f(y) / L)) exceeds this.
  double tolerance = 1e-8;
};

struct SparseCodeReport {
  double objective = 0;         ///< Σ over samples of ‖x - sD‖² + λ‖s‖₁
  std::int64_t iterations = 0;  ///< of the sample that took most
  std::int64_t unfinished = 0;  ///< samples that did not reach the tolerance
  bool overflown = false;       ///< no step length was short enough
};

/// Codes in a dictionary D (atoms, features) by proximal gradients: for each sample x the minimum
/// over s of ‖x - sD‖² + λ‖s‖₁ (backpropagation-for-matrix-functions.txt, sparse coding;
/// deep-learning-exercises.txt, section 9). Step lengths 1/L are found by backtracking, for each
/// sample by itself, whose result depends on no other.
class SparseCoder {
 public:
  /// `dictionary`: row-major, in host memory; must outlive the coder. Samples are
  /// spread over the threads of `space`. Throws InputError where λ is negative or not finite, or an
  /// atom is not finite or too large to be squared.
  SparseCoder(const double* dictionary, std::int64_t atoms, std::int64_t features,
              const SparseCodeSettings& settings,
              const HostExecutionSpace& space = HostExecutionSpace());
  ~SparseCoder();
  SparseCoder(const SparseCoder&) = delete;
  SparseCoder& operator=(const SparseCoder&) = delete;

  /// `codes` (samples, atoms) of X (samples, features), first values on entry, spread over the
  /// threads. Zero samples are no error, their codes are zero. Throws InputError where a sample is
  /// not finite, or so large that its search overflows. `stops`, which must not throw, is asked
  /// before each sample of the calling thread: once it returns true, no other sample is begun, and
  /// the result is of no use.
  SparseCodeReport solve(
      const double* x, std::int64_t samples, double* codes,
      const std::function<bool()>& stops = [] { return false; }) const;

 private:
  struct Problem;
  class Solver;
  HostExecutionSpace space_;
  std::unique_ptr<const Problem> problem_;
};

}  // namespace eigenprop
