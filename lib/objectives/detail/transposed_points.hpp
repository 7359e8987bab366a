#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "objectives/detail/neighbour_kernels.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop::neighbours {

/// n up to a whole number of tiles.
inline std::int64_t padded(std::int64_t n) { return (n + tile - 1) / tile * tile; }

/// Rows (total, columns) transposed: (columns, padded(total)), with `padding` beyond the last row.
std::vector<double> transposed(const double* rows, std::int64_t total, int columns,
                               double padding = 0);

/// All ranks' rows of `own` (rows, columns), transposed, with zeros beyond the last row.
/// Collective.
std::vector<double> gather_transposed(const double* own, std::int64_t rows, int columns,
                                      const Communicator& comm);

/// to(r, j) = ‖q_r - x_j‖² for `count` queries, row-major, and all columns of the transposed
/// points, (count, padded(total)). The same bits for (i, j) as for (j, i).
void squared_distances(const double* queries, std::int64_t count, const std::vector<double>& points,
                       int dimensions, double* to);

/// Copy in the memory of the execution space; `values` are free afterwards.
Vector to_device(const ExecutionSpace& space, const double* values, std::int64_t count);

/// Throws InputError unless all `total` points, transposed, are finite: "`what` of point 3 is not
/// finite".
void require_finite(const std::vector<double>& points, std::int64_t total, const std::string& what);

}  // namespace eigenprop::neighbours
