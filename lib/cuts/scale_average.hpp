#pragma once

#include <vector>

#include "cuts/pixel_grid.hpp"
#include "cuts/vector_block.hpp"

namespace eigenprop {

/// A sparse matrix A with one entry a(i) a pixel i, in the row of the cell that holds it, over
/// cells of 2^halvings x 2^halvings pixels:
///
///     z = A x:  z_J = Σ_(i in J) a(i) x_i,        y <- y + c Aᵀ z:  y_i += c a(i) z_J
///
/// Cells are on every rank, pixels where the grid has them.
class ScaleAverage {
 public:
  /// `factors`: a of the own pixels. `comm` must outlive the object; null for one rank.
  ScaleAverage(const PixelGrid& grid, int halvings, std::vector<double> factors,
               const Communicator* comm);

  const std::vector<double>& factors() const { return factors_; }
  std::int64_t cells() const { return cell_lines_ * cell_columns_; }
  /// Number of the cell of an own pixel.
  std::int64_t cell(std::int64_t line, std::int64_t column) const {
    return ((first_line_ + line) >> halvings_) * cell_columns_ + (column >> halvings_);
  }

  /// A x, summed in double. Collective.
  template <class X>
  VectorBlock<X> gather(const HostExecutionSpace& space, const VectorBlock<X>& x) const;
  /// y <- y + c Aᵀ z.
  template <class X>
  void scatter(const HostExecutionSpace& space, const VectorBlock<X>& z, double c,
               const VectorBlock<X>& y) const;

 private:
  int halvings_;
  std::int64_t first_line_, lines_, width_, cell_lines_, cell_columns_;
  std::vector<double> factors_;
  const Communicator* comm_;
};

}  // namespace eigenprop
