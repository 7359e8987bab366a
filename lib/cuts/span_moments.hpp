#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "runtime/communicator.hpp"
#include "tensor/execution_space.hpp"

namespace eigenprop {

/// Rows of a feature matrix F (m x d) that this rank holds, in host memory, and the instance that
/// loops over them are launched on.
struct FeatureRows {
  const double* data = nullptr;  ///< row-major
  std::int64_t rows = 0;
  int columns = 0;
  HostExecutionSpace space = HostExecutionSpace();
};

/// Label vectors of one or more annotators over the same rows: labels[a * rows + i] is the segment
/// of row i, 0 .. segments[a]-1. Stands for the indicator matrices E_a of
/// matrix-backpropagation.txt, section 6, without forming them.
struct Segmentations {
  const std::int32_t* labels = nullptr;
  std::int64_t rows = 0;
  std::vector<int> segments;

  int annotators() const { return static_cast<int>(segments.size()); }

  /// Sum of all segments: annotator a's segment s is number offset(a) + s.
  int total() const;
  int offset(int annotator) const;
};

/// Counts the segments of each annotator over all ranks as the largest label plus one. Throws
/// InputError for negative labels. Collective over `comm`.
Segmentations count_segments(const std::int32_t* labels, int annotators, std::int64_t rows,
                             const Communicator& comm);

/// What normalized cuts need of the rows of F: three sums, of size d x d, d x k and k.
struct SpanMoments {
  std::vector<double> gram;    ///< (d, d): Σ_i f_i f_iᵀ, or Σ_i f_i f_iᵀ / D_i
  std::vector<double> sums;    ///< (total, d): Σ of the rows of each segment
  std::vector<double> masses;  ///< (total): rows of each segment, or their degrees D_i summed
};

/// Sums over the rows of all ranks, in one pass over blocks that fit the cache. `degrees`: null, or
/// D_i for every row; rows with D_i = 0 then count nowhere. Blocks, and with them the order of
/// summation, do not depend on the number of threads. Collective over `comm`.
SpanMoments span_moments(const FeatureRows& rows, const double* degrees,
                         const Segmentations& segmentations, const Communicator& comm);

/// t = Fᵀ1 (d), over all ranks. Collective over `comm`.
std::vector<double> column_sums(const FeatureRows& rows, const Communicator& comm);

/// D_i = f_i · v with v = Λ t, the degrees of W = FΛFᵀ. Those that are not above
/// 1e-15 max D, negative ones among them, become 0: their rows take no part in M, as with the
/// convention 0^(-1/2) = 0. Collective over `comm`.
std::vector<double> row_degrees(const FeatureRows& rows, const std::vector<double>& v,
                                const Communicator& comm);

/// An entry of D^(-1/2).
inline double inverse_root(double degree) { return degree > 0 ? 1 / std::sqrt(degree) : 0; }

}  // namespace eigenprop
