#pragma once

#include <cstdint>
#include <vector>

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
};

/// Codes S of `samples` rows of X (samples, features) in a dictionary D (atoms, features), all
/// row-major in host memory: each row minimizes ‖x - sD‖² + λ‖s‖₁
/// (backpropagation-for-matrix-functions.txt, sparse coding; deep-learning-exercises.txt, section
/// 9). `codes` (samples, atoms): first values on entry. Step lengths 1/L are found by backtracking,
/// for each sample by itself, whose result depends on no other; samples are spread over the
/// threads. Throws InputError where λ is negative or not finite, or an atom or a sample is not
/// finite; zero samples are no error, their codes are zero.
SparseCodeReport sparse_codes(const double* x, std::int64_t samples, const double* dictionary,
                              std::int64_t atoms, std::int64_t features,
                              const SparseCodeSettings& settings, double* codes);

}  // namespace eigenprop
