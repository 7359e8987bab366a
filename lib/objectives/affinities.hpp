#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "runtime/communicator.hpp"
#include "tensor/execution_space.hpp"

namespace eigenprop {

struct AffinitySettings {
  double perplexity = 30;
  bool exact = false;           ///< all pairs; else those of nearest neighbours alone
  std::int64_t neighbours = 0;  ///< of a point, unless exact; 0: three times the perplexity
  /// Asked again and again by the calling thread, and must not throw: where it returns true on one
  /// rank, the search ends on all.
  std::function<bool()> stops = {};
};

/// Own rows of the symmetric matrix P of t-SNE and symmetric SNE, N x N, whose elements sum to 1:
///
///     p_ij = (p_j|i + p_i|j) / 2N,   p_j|i = exp(-β_i d²_ij) / Σ_l≠i exp(-β_i d²_il),   p_ii = 0.
///
/// Nearest neighbours: sparse rows; column and value of row i stand at offset[i] ... offset[i+1]-1,
/// ascending. Exact: N² / ranks numbers in `dense`, (rows, N padded to whole tiles).
struct Affinities {
  std::int64_t first = 0, rows = 0, total = 0;  ///< own rows are first ... first + rows - 1
  std::vector<std::int64_t> offset, column;     ///< empty where exact
  std::vector<double> value;                    ///< empty where exact
  std::vector<double> dense;                    ///< empty unless exact
  std::vector<double> precision;                ///< β_i of own rows
  double information = 0;                       ///< Σ_ij p_ij log p_ij over all ranks
  std::int64_t undetermined = 0;  ///< points of all ranks for which there is no bandwidth
  bool exact = false;
  bool stopped = false;  ///< the search has ended early, on all ranks, and nothing here is of use
};

/// p_j|i of one row.
struct Conditional {
  double least = 0;        ///< least squared distance
  double precision = 0;    ///< β
  double inverse_sum = 0;  ///< of Σ_j exp(-β (d²_j - least))
  bool determined = true;  ///< whether a β of this perplexity exists
};

/// The β at which the entropy of exp(-β d²_j) / Σ is log(perplexity) to 1e-10, by Newton's method
/// on log β within a bracket. `squared`: `count` squared distances, finite; 1 < perplexity < count.
/// Where as many of them as the perplexity or more are the least, the entropy stays above for
/// every β; then it is the limit of large β, uniform over these.
Conditional search_precision(const double* squared, std::int64_t count, double perplexity);

/// Affinities of points whose rows, `features` (rows, dimensions), are spread over ranks. Every
/// rank holds all features, and searches its rows alone; work O(N² dimensions / ranks). Of points
/// at the same distance the first are neighbours. Throws InputError, alike on all ranks, unless
/// 1 < perplexity < N - 1, or (N - 1)/3 where neighbours are three times the perplexity, and that
/// names a point whose features or distances are not finite.
/// Collective.
Affinities neighbour_affinities(const HostExecutionSpace& space, const double* features,
                                std::int64_t rows, int dimensions, const AffinitySettings& settings,
                                const Communicator& comm);

/// The same on the default instance, for callers outside of graphs.
inline Affinities neighbour_affinities(const double* features, std::int64_t rows, int dimensions,
                                       const AffinitySettings& settings, const Communicator& comm) {
  return neighbour_affinities(HostExecutionSpace(), features, rows, dimensions, settings, comm);
}

}  // namespace eigenprop
