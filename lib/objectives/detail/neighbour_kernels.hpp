#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <cstring>
#include <limits>

#include "linalg/detail/gemm_microkernel.hpp"
#include "linalg/detail/vector_array.hpp"
#include "objectives/fast_exponential.hpp"
#include "objectives/neighbour_softmax.hpp"
#include "tensor/tensor.hpp"

/// Kernels of NeighbourSoftmax: rows in blocks against columns in tiles.
namespace eigenprop::neighbours {

using Vector = Kokkos::View<double*, MemorySpace>;

#if defined(__CUDACC__) || defined(__HIPCC__) || defined(SYCL_LANGUAGE_VERSION)
// Threads of a GPU are scalar.
using Pack = double;
constexpr std::int64_t packs = 4;
constexpr std::int64_t blocks_of_task = 1;
#else
using Pack = double __attribute__((vector_size(vector_bytes)));
constexpr std::int64_t packs = static_cast<std::int64_t>(tiles::most_vectors);
// They share each tile while it lies in the cache: all points together may not.
constexpr std::int64_t blocks_of_task = 8;
#endif
constexpr std::int64_t lanes = sizeof(Pack) / sizeof(double);

// A block of rows visits a tile at once; with `packs` vectors a row, their
// accumulators fill the registers.
constexpr auto row_block = static_cast<std::int64_t>(tiles::most_rows);
// Columns of a tile: it stays in the first cache for all rows.
constexpr std::int64_t tile = 64;
// Partial sums of a reduction over a tile, side by side.
constexpr std::int64_t partial_sums = 8;
static_assert(tile % (packs * lanes) == 0 && tile % partial_sums == 0,
              "a tile is a whole number of accumulators");
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Coordinates of all points, (dimensions, stride): those of neighbours lie side by side.
struct Coordinates {
  Vector values;
  std::int64_t stride;
  int dimensions;

  /// to[r][t] = ‖x_(row of r) - x_(column + t)‖².
  KOKKOS_FUNCTION void squared_distances(const std::int64_t (&rows)[row_block], std::int64_t column,
                                         double (&to)[row_block][tile]) const {
    for (std::int64_t t = 0; t < tile; t += packs * lanes) {
      Pack sum[row_block][packs] = {};
      for (int k = 0; k < dimensions; ++k) {
        const double* x = values.data() + k * stride;
        Pack other[packs];
        for (std::int64_t v = 0; v < packs; ++v)
          std::memcpy(&other[v], x + column + t + v * lanes, sizeof(Pack));
        for (std::int64_t r = 0; r < row_block; ++r) {
          const double own = x[rows[r]];
          for (std::int64_t v = 0; v < packs; ++v) {
            const Pack difference = own - other[v];
            sum[r][v] += difference * difference;
          }
        }
      }
      for (std::int64_t r = 0; r < row_block; ++r) std::memcpy(&to[r][t], sum[r], sizeof sum[r]);
    }
  }

  /// to[r](k) += factor Σ_t weights[r][t] (x_(row of r) - x_(column + t))_k for `count` rows, with
  /// to(row, dimension) from row `first` on.
  KOKKOS_FUNCTION void add_weighted_differences(const std::int64_t (&rows)[row_block],
                                                std::int64_t column, double factor,
                                                const double (&weights)[row_block][tile],
                                                std::int64_t first, std::int64_t count,
                                                const Vector& to) const {
    for (int k = 0; k < dimensions; ++k) {
      const double* x = values.data() + k * stride;
      for (std::int64_t r = 0; r < count; ++r) {
        const double own = x[rows[r]];
        double partial[partial_sums] = {};
        for (std::int64_t t = 0; t < tile; t += partial_sums) {
          for (std::int64_t l = 0; l < partial_sums; ++l)
            partial[l] += weights[r][t + l] * (own - x[column + t + l]);
        }
        double sum = 0;
        for (std::int64_t l = 0; l < partial_sums; ++l) sum += partial[l];
        to((first + r) * dimensions + k) += factor * sum;
      }
    }
  }
};

/// visit(block, column) for all tiles and the blocks of a task, `blocks` in all.
template <class Visit>
KOKKOS_INLINE_FUNCTION void for_each_tile(std::int64_t task, std::int64_t blocks,
                                          std::int64_t columns, const Visit& visit) {
  const std::int64_t first = task * blocks_of_task;
  const std::int64_t last = first + blocks_of_task < blocks ? first + blocks_of_task : blocks;
  for (std::int64_t column = 0; column < columns; column += tile) {
    for (std::int64_t block = first; block < last; ++block) visit(block, column);
  }
}

/// Least of a tile's values: side by side, as one minimum would wait for the other.
KOKKOS_INLINE_FUNCTION double least_of(const double (&values)[tile]) {
  double partial[partial_sums];
  for (std::int64_t l = 0; l < partial_sums; ++l) partial[l] = values[l];
  for (std::int64_t t = partial_sums; t < tile; t += partial_sums) {
    for (std::int64_t l = 0; l < partial_sums; ++l)
      partial[l] = values[t + l] < partial[l] ? values[t + l] : partial[l];
  }
  double least = partial[0];
  for (std::int64_t l = 1; l < partial_sums; ++l) least = partial[l] < least ? partial[l] : least;
  return least;
}

template <PairCost cost>
struct Pairs {
  Coordinates points, sides;
  Vector groups;  ///< of all points, padded; empty where every point may be a neighbour
  std::int64_t first, rows, total;  ///< own rows are first ... first + rows - 1 of all

  KOKKOS_FUNCTION std::int64_t blocks() const { return (rows + row_block - 1) / row_block; }

  /// Positions of a block's rows among all points; beyond the last, that one again.
  KOKKOS_FUNCTION std::int64_t locate(std::int64_t block, std::int64_t (&to)[row_block]) const {
    const std::int64_t begin = block * row_block;
    const std::int64_t count = rows - begin < row_block ? rows - begin : row_block;
    for (std::int64_t r = 0; r < row_block; ++r)
      to[r] = first + begin + (r < count ? r : count - 1);
    return count;
  }

  /// Squared distances, infinite to the point itself, to its group, and beyond the last point, so
  /// that these have probability 0.
  KOKKOS_FUNCTION void distances(const std::int64_t (&own)[row_block], std::int64_t column,
                                 double (&to)[row_block][tile]) const {
    points.squared_distances(own, column, to);
    for (std::int64_t r = 0; r < row_block; ++r) {
      if (own[r] >= column && own[r] < column + tile) to[r][own[r] - column] = infinity;
      for (std::int64_t t = total - column; t < tile; ++t) to[r][t] = infinity;
      if (groups.extent(0) == 0) continue;
      const double group = groups(own[r]);
      const double* others = groups.data() + column;
      for (std::int64_t t = 0; t < tile; ++t) to[r][t] = others[t] == group ? infinity : to[r][t];
    }
  }

  KOKKOS_FUNCTION void costs(const std::int64_t (&own)[row_block], std::int64_t column,
                             double (&to)[row_block][tile]) const {
    if constexpr (cost == PairCost::squared_distance) {
      sides.squared_distances(own, column, to);
    } else {
      const double* labels = sides.values.data();
      for (std::int64_t r = 0; r < row_block; ++r) {
        const double label = labels[own[r]];
        for (std::int64_t t = 0; t < tile; ++t) to[r][t] = labels[column + t] == label ? -1.0 : 0.0;
      }
    }
  }
};

/// state(row) <- least distance, inverse denominator, δ; in one visit of all tiles: sums are scaled
/// down where a smaller distance turns up. Starts from least = infinity and sums of zero.
template <PairCost cost>
struct RowSums {
  Pairs<cost> pairs;
  Vector state;

  KOKKOS_FUNCTION void visit(std::int64_t block, std::int64_t column) const {
    std::int64_t own[row_block];
    const std::int64_t count = pairs.locate(block, own);
    double distance[row_block][tile];
    double c[row_block][tile];
    pairs.distances(own, column, distance);
    pairs.costs(own, column, c);
    for (std::int64_t r = 0; r < count; ++r) {
      double& least = state(3 * (block * row_block + r));
      double& denominator = state(3 * (block * row_block + r) + 1);
      double& numerator = state(3 * (block * row_block + r) + 2);
      const double smallest = least_of(distance[r]);
      if (smallest < least) {
        const double scale = denominator > 0 ? exponential_of_nonpositive(smallest - least) : 0;
        denominator *= scale;
        numerator *= scale;
        least = smallest;
      }
      const double shift = least;
      if (!(shift < infinity)) continue;
      double e[tile];
      for (std::int64_t t = 0; t < tile; ++t)
        e[t] = exponential_of_nonpositive(shift - distance[r][t]);
      double sums[partial_sums] = {}, weighted[partial_sums] = {};
      for (std::int64_t t = 0; t < tile; t += partial_sums) {
        for (std::int64_t l = 0; l < partial_sums; ++l) {
          sums[l] += e[t + l];
          weighted[l] += e[t + l] * c[r][t + l];
        }
      }
      for (std::int64_t l = 0; l < partial_sums; ++l) {
        denominator += sums[l];
        numerator += weighted[l];
      }
    }
  }

  KOKKOS_FUNCTION void operator()(std::int64_t task) const {
    const std::int64_t first = task * blocks_of_task * row_block;
    const std::int64_t end = first + blocks_of_task * row_block;
    const std::int64_t last = end < pairs.rows ? end : pairs.rows;
    for (std::int64_t row = first; row < last; ++row) {
      state(3 * row) = infinity;
      state(3 * row + 1) = state(3 * row + 2) = 0;
    }
    for_each_tile(task, pairs.blocks(), pairs.total,
                  [this](std::int64_t block, std::int64_t column) { visit(block, column); });
    for (std::int64_t row = first; row < last; ++row) {
      // Without a neighbour at a finite distance, all three are 0.
      const double denominator = state(3 * row + 1);
      const double inverse = denominator > 0 ? 1 / denominator : 0;
      if (!(denominator > 0)) state(3 * row) = 0;
      state(3 * row + 1) = inverse;
      state(3 * row + 2) *= inverse;
    }
  }
};

/// State of all points, side by side. p_ij = exp(least_i - d²_ij) inverse_i; where the least
/// distances of all points differ by so little that no power of their differences overflows,
/// least_i is that of all points together, so that p_ij and p_ji share their exponential.
struct States {
  Vector least, inverse, delta;
};

template <PairCost cost, bool shared_least>
struct Gradients {
  Pairs<cost> pairs;
  States states;
  double factor;
  Vector points_gradient, sides_gradient;  ///< empty where not asked for

  KOKKOS_FUNCTION void visit(std::int64_t block, std::int64_t column) const {
    std::int64_t own[row_block];
    const std::int64_t count = pairs.locate(block, own);
    double distance[row_block][tile];
    double c[row_block][tile];
    pairs.distances(own, column, distance);
    pairs.costs(own, column, c);
    bool all_zero = true;
    for (std::int64_t r = 0; r < row_block; ++r) {
      const double least = states.least(own[r]);
      const double inverse = states.inverse(own[r]);
      const double delta = states.delta(own[r]);
      const double* others_least = states.least.data() + column;
      const double* others_inverse = states.inverse.data() + column;
      const double* others_delta = states.delta.data() + column;
      for (std::int64_t t = 0; t < tile; ++t) {
        const double e = exponential_of_nonpositive(least - distance[r][t]);
        const double other =
            shared_least ? e : exponential_of_nonpositive(others_least[t] - distance[r][t]);
        const double p = e * inverse;
        const double q = other * others_inverse[t];
        // From here on `distance` is -(p_kj + p_jk) and `c` the weight of the difference.
        c[r][t] = p * (c[r][t] - delta) + q * (c[r][t] - others_delta[t]);
        distance[r][t] = -(p + q);
      }
      all_zero = all_zero && least_of(distance[r]) == 0;
    }
    // Far apart, all probabilities are 0.
    if (all_zero) return;
    if (points_gradient.extent(0) > 0) {
      pairs.points.add_weighted_differences(own, column, -2 * factor, c, block * row_block, count,
                                            points_gradient);
    }
    if (sides_gradient.extent(0) > 0) {
      pairs.sides.add_weighted_differences(own, column, -2 * factor, distance, block * row_block,
                                           count, sides_gradient);
    }
  }

  KOKKOS_FUNCTION void operator()(std::int64_t task) const {
    for_each_tile(task, pairs.blocks(), pairs.total,
                  [this](std::int64_t block, std::int64_t column) { visit(block, column); });
  }
};

}  // namespace eigenprop::neighbours
