#pragma once

#include <cstdint>
#include <vector>

#include "runtime/communicator.hpp"
#include "tensor/execution_space.hpp"

namespace eigenprop {

/// What two points are compared by.
enum class PairCost {
  same_label,        ///< c_ij = -1 where the labels are equal, else 0 (NCA)
  squared_distance,  ///< c_ij = ‖y_i - y_j‖² of the targets (NCA regression)
};

/// Points of all ranks, transposed: (columns, N padded to whole tiles) each.
struct GatheredPoints {
  std::vector<double> points, sides;
  std::vector<double> groups;  ///< empty where every point may be a neighbour
  int dimensions = 0, side_dimensions = 0;
  std::int64_t first = 0, rows = 0, total = 0;  ///< own points are first ... first + rows - 1
};

/// The objective that NCA and NCA regression share, over N points z (d-dimensional) whose rows are
/// spread over ranks:
///
///     L = Σ_i δ_i,  δ_i = Σ_j p_ij c_ij,  p_ij = exp(-‖z_i - z_j‖²) / Σ_{l≠i} exp(-‖z_i - z_l‖²),
///
/// p_ii = 0 (convolutional-ncar-supplement.txt, eq. 8, 9, 19), and its gradients
///
///     ∂L/∂z_k = -2 Σ_j (z_k - z_j) (p_kj (c_kj - δ_k) + p_jk (c_jk - δ_j))    (17, 26)
///     ∂L/∂y_k =  2 Σ_j (y_k - y_j) (p_kj + p_jk)                (targets of NCA regression)
///
/// Distances are sums of squared differences: exact to rounding also for points that nearly
/// coincide, where ‖z_i‖² + ‖z_j‖² - 2 z_iᵀz_j loses all digits. Every row subtracts its least
/// distance before it exponentiates. Work O(N² d / ranks), memory O(N d): pairs are visited in
/// tiles, and only the points, the costs' data and three numbers a point travel between ranks. A
/// row's result does not depend on the number of ranks.
class NeighbourSoftmax {
 public:
  /// `points`: own rows, (rows, dimensions), row-major; `sides`: own labels or targets, (rows,
  /// side_dimensions). `groups`: own rows' groups, or null: points of one group are no neighbours,
  /// p_ij = 0, as in a test on whole objects that training has not seen. Throws InputError that
  /// names the point (its number over all ranks) that is not finite, alike on all ranks.
  /// Kernels run on `space`. Collective over `comm`, which must outlive the object.
  NeighbourSoftmax(PairCost cost, const double* points, const double* sides, std::int64_t rows,
                   int dimensions, int side_dimensions, const Communicator& comm,
                   const double* groups = nullptr, const ExecutionSpace& space = ExecutionSpace());

  /// Points of all ranks.
  std::int64_t total() const { return all_.total; }

  /// L of all ranks' rows. `row_state` <- (rows, 3): least squared distance, the inverse of the
  /// softmax's denominator, and δ. With one point alone L = 0. Throws, alike on all ranks,
  /// InputError that names a point without a neighbour, as where all its distances overflow, and
  /// NonFiniteError where those of targets do. Collective.
  double objective(double* row_state) const;

  /// Own rows of the gradients, scaled by `factor`: `points_gradient` (rows, dimensions) and
  /// `sides_gradient` (rows, side_dimensions), each may be null; the latter needs squared_distance.
  /// `row_state` as objective() left it. Collective.
  void gradient(const double* row_state, double factor, double* points_gradient,
                double* sides_gradient) const;

 private:
  PairCost cost_;
  GatheredPoints all_;
  const Communicator& comm_;
  ExecutionSpace space_;
};

}  // namespace eigenprop
