#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "objectives/detail/neighbour_kernels.hpp"
#include "objectives/neighbour_embedding.hpp"

/// Kernels of NeighbourEmbedding: sums over the pairs of each own row.
namespace eigenprop::neighbours {

using Indices = Kokkos::View<std::int64_t*, MemorySpace>;

/// What a visit of all pairs leaves for each own row.
struct Forces {
  Vector least;  ///< (rows): least squared distance; of symmetric SNE alone
  Vector sum;    ///< (rows): Σ_j w_ij; of symmetric SNE times exp(least)
  Vector
      attraction;  ///< (rows, dimensions): t-SNE Σ p w (y_i - y_j), symmetric SNE Σ p (y_i - y_j)
  Vector repulsion;  ///< (rows, dimensions): Σ w² (y_i - y_j), and Σ w (y_i - y_j) as `sum`
};

/// Own rows of P: dense (rows, stride), or sparse as in Affinities.
struct AffinityRows {
  Vector dense;
  Indices offset, column;
  Vector value;
};

KOKKOS_INLINE_FUNCTION void clear_lane(Pack& pack, std::int64_t lane) {
  const double zero = 0;
  std::memcpy(reinterpret_cast<char*>(&pack) + lane * static_cast<std::int64_t>(sizeof zero), &zero,
              sizeof zero);
}

KOKKOS_INLINE_FUNCTION double sum_of_lanes(const Pack& pack) {
  double values[lanes];
  std::memcpy(values, &pack, sizeof pack);
  double sum = 0;
  for (std::int64_t l = 0; l < lanes; ++l) sum += values[l];
  return sum;
}

/// t-SNE in two or three dimensions: all sums of a few rows stay in registers. Points beyond the
/// last lie so far away that their w vanishes in every sum.
template <int dimensions, bool dense>
struct StudentForces {
  static constexpr std::int64_t rows_of_task = 2;

  Coordinates points;
  Vector affinities;  ///< (rows, stride), if dense
  std::int64_t first, rows;
  Forces forces;

  struct Sums {
    Pack weight = {};
    Pack attraction[dimensions] = {};
    Pack repulsion[dimensions] = {};
  };

  KOKKOS_FUNCTION void add(std::int64_t row, std::int64_t column, const Pack (&other)[dimensions],
                           Sums& sums) const {
    Pack difference[dimensions];
    Pack denominator = {};
    denominator += 1.0;
    for (int k = 0; k < dimensions; ++k) {
      difference[k] = points.values.data()[k * points.stride + first + row] - other[k];
      denominator += difference[k] * difference[k];
    }
    Pack weight = 1.0 / denominator;
    const std::int64_t self = first + row - column;
    if (self >= 0 && self < lanes) clear_lane(weight, self);
    sums.weight += weight;
    const Pack squared = weight * weight;
    for (int k = 0; k < dimensions; ++k) sums.repulsion[k] += squared * difference[k];
    if constexpr (dense) {
      Pack p;
      std::memcpy(&p, affinities.data() + row * points.stride + column, sizeof p);
      p *= weight;
      for (int k = 0; k < dimensions; ++k) sums.attraction[k] += p * difference[k];
    }
  }

  KOKKOS_FUNCTION void operator()(std::int64_t task) const {
    const std::int64_t begin = task * rows_of_task;
    const std::int64_t count = rows - begin < rows_of_task ? rows - begin : rows_of_task;
    Sums sums[rows_of_task];
    for (std::int64_t column = 0; column < points.stride; column += lanes) {
      Pack other[dimensions];
      for (int k = 0; k < dimensions; ++k)
        std::memcpy(&other[k], points.values.data() + k * points.stride + column, sizeof(Pack));
      for (std::int64_t r = 0; r < rows_of_task; ++r)
        add(begin + (r < count ? r : 0), column, other, sums[r]);
    }
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t row = begin + r;
      forces.sum(row) = sum_of_lanes(sums[r].weight);
      for (int k = 0; k < dimensions; ++k) {
        forces.repulsion(row * dimensions + k) = sum_of_lanes(sums[r].repulsion[k]);
        forces.attraction(row * dimensions + k) = dense ? sum_of_lanes(sums[r].attraction[k]) : 0.0;
      }
    }
  }
};

/// Either kind in any number of dimensions, by tiles.
template <EmbeddingKind kind, bool dense>
struct TileForces {
  Pairs<PairCost::squared_distance> pairs;  ///< without sides and groups
  Vector affinities;                        ///< (rows, stride), if dense
  Forces forces;

  /// `distance` becomes w.
  KOKKOS_FUNCTION void weigh(std::int64_t row, double (&distance)[tile]) const {
    double shift = 0;
    if constexpr (kind == EmbeddingKind::ssne) shift = lower_least(row, least_of(distance));
    double sums[partial_sums] = {};
    for (std::int64_t t = 0; t < tile; t += partial_sums) {
      for (std::int64_t l = 0; l < partial_sums; ++l) {
        double& value = distance[t + l];
        if constexpr (kind == EmbeddingKind::tsne) value = 1 / (1 + value);
        if constexpr (kind == EmbeddingKind::ssne)
          value = value < infinity ? exponential_of_nonpositive(shift - value) : 0.0;
        sums[l] += value;
      }
    }
    for (std::int64_t l = 0; l < partial_sums; ++l) forces.sum(row) += sums[l];
  }

  /// The least distance of a row so far; where it falls, the row's sums are scaled down.
  KOKKOS_FUNCTION double lower_least(std::int64_t row, double smallest) const {
    double& least = forces.least(row);
    if (!(smallest < least)) return least;
    const double scale = least < infinity ? exponential_of_nonpositive(smallest - least) : 0.0;
    forces.sum(row) *= scale;
    const std::int64_t d = pairs.points.dimensions;
    for (std::int64_t k = 0; k < d; ++k) forces.repulsion(row * d + k) *= scale;
    return least = smallest;
  }

  KOKKOS_FUNCTION void visit(std::int64_t block, std::int64_t column) const {
    std::int64_t own[row_block];
    const std::int64_t count = pairs.locate(block, own);
    double repelling[row_block][tile];
    pairs.distances(own, column, repelling);
    double attracting[row_block][tile];
    for (std::int64_t r = 0; r < count; ++r) {
      weigh(block * row_block + r, repelling[r]);
      if constexpr (dense) {
        const double* p =
            affinities.data() + (block * row_block + r) * pairs.points.stride + column;
        for (std::int64_t t = 0; t < tile; ++t)
          attracting[r][t] = kind == EmbeddingKind::tsne ? p[t] * repelling[r][t] : p[t];
      }
      if constexpr (kind == EmbeddingKind::tsne) {
        for (std::int64_t t = 0; t < tile; ++t) repelling[r][t] *= repelling[r][t];
      }
    }
    pairs.points.add_weighted_differences(own, column, 1, repelling, block * row_block, count,
                                          forces.repulsion);
    if constexpr (dense)
      pairs.points.add_weighted_differences(own, column, 1, attracting, block * row_block, count,
                                            forces.attraction);
  }

  KOKKOS_FUNCTION void operator()(std::int64_t task) const {
    const std::int64_t begin = task * blocks_of_task * row_block;
    const std::int64_t end = begin + blocks_of_task * row_block;
    const std::int64_t d = pairs.points.dimensions;
    for (std::int64_t row = begin; row < (end < pairs.rows ? end : pairs.rows); ++row) {
      forces.least(row) = infinity;
      forces.sum(row) = 0;
      for (std::int64_t k = 0; k < d; ++k)
        forces.repulsion(row * d + k) = forces.attraction(row * d + k) = 0;
    }
    for_each_tile(task, pairs.blocks(), pairs.total,
                  [this](std::int64_t block, std::int64_t column) { visit(block, column); });
  }
};

/// ‖y_i - y_j‖² of two points.
KOKKOS_INLINE_FUNCTION double squared_distance(const Coordinates& points, std::int64_t i,
                                               std::int64_t j) {
  double sum = 0;
  for (int k = 0; k < points.dimensions; ++k) {
    const double difference =
        points.values(k * points.stride + i) - points.values(k * points.stride + j);
    sum += difference * difference;
  }
  return sum;
}

/// Adds the attraction of a sparse row.
template <EmbeddingKind kind>
struct SparseAttraction {
  Coordinates points;
  AffinityRows affinities;
  std::int64_t first;
  Vector attraction;

  KOKKOS_FUNCTION void operator()(std::int64_t row) const {
    const std::int64_t d = points.dimensions;
    for (std::int64_t e = affinities.offset(row); e < affinities.offset(row + 1); ++e) {
      const std::int64_t j = affinities.column(e);
      double weight = affinities.value(e);
      if constexpr (kind == EmbeddingKind::tsne)
        weight /= 1 + squared_distance(points, first + row, j);
      for (std::int64_t k = 0; k < d; ++k)
        attraction(row * d + k) += weight * (points.values(k * points.stride + first + row) -
                                             points.values(k * points.stride + j));
    }
  }
};

/// to(row) <- -Σ_j p_ij log w_ij.
template <EmbeddingKind kind, bool dense>
struct CrossEntropy {
  Coordinates points;
  AffinityRows affinities;
  std::int64_t first, total;
  Vector to;

  KOKKOS_FUNCTION double term(std::int64_t row, std::int64_t j, double p) const {
    const double squared = squared_distance(points, first + row, j);
    using std::log1p;
    return p * (kind == EmbeddingKind::tsne ? log1p(squared) : squared);
  }

  KOKKOS_FUNCTION void operator()(std::int64_t row) const {
    double sum = 0;
    if constexpr (dense) {
      for (std::int64_t j = 0; j < total; ++j)
        sum += term(row, j, affinities.dense(row * points.stride + j));
    } else {
      for (std::int64_t e = affinities.offset(row); e < affinities.offset(row + 1); ++e)
        sum += term(row, affinities.column(e), affinities.value(e));
    }
    to(row) = sum;
  }
};

}  // namespace eigenprop::neighbours
