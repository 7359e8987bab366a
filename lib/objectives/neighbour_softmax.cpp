#include "objectives/neighbour_softmax.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "objectives/fast_exponential.hpp"
#include "operations/loops.hpp"
#include "operations/register_block.hpp"
#include "parallel/collectives.hpp"
#include "runtime/error.hpp"
#include "tensor/tensor.hpp"

namespace eigenprop {
namespace {

using HostVector = Kokkos::View<const double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
using Vector = Kokkos::View<double*, MemorySpace>;

#if defined(__CUDACC__) || defined(__HIPCC__) || defined(SYCL_LANGUAGE_VERSION)
// Threads of a GPU are scalar.
using Pack = double;
constexpr std::int64_t packs = 4;
constexpr std::int64_t blocks_of_task = 1;
#else
using Pack = double __attribute__((vector_size(tiles::vector_bytes)));
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

std::int64_t padded(std::int64_t n) { return (n + tile - 1) / tile * tile; }

Vector to_device(const double* values, std::int64_t count) {
  const Vector device(Kokkos::view_alloc(Kokkos::WithoutInitializing, "neighbours"),
                      static_cast<std::size_t>(count));
  Kokkos::deep_copy(device, HostVector(values, static_cast<std::size_t>(count)));
  return device;
}

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

/// All ranks' rows of `own`, transposed, with zeros up to a whole tile.
std::vector<double> gather_transposed(const double* own, std::int64_t rows, int columns,
                                      const Communicator& comm) {
  const AllGatherRows gather(rows, columns, comm);
  const auto all = gather.forward(rows > 0 ? std::vector<double>(own, own + rows * columns)
                                           : std::vector<double>());
  const std::int64_t total = gather.total_rows();
  const std::int64_t stride = padded(total);
  std::vector<double> transposed(static_cast<std::size_t>(stride * columns), 0.0);
  for (std::int64_t i = 0; i < total; ++i) {
    for (std::int64_t k = 0; k < columns; ++k)
      transposed[static_cast<std::size_t>(k * stride + i)] =
          all[static_cast<std::size_t>(i * columns + k)];
  }
  return transposed;
}

void require_finite(const std::vector<double>& transposed, std::int64_t total,
                    const std::string& what) {
  const auto wrong = std::find_if(transposed.begin(), transposed.end(),
                                  [](double value) { return !std::isfinite(value); });
  if (wrong == transposed.end()) return;
  throw InputError(what + " of point " +
                   std::to_string((wrong - transposed.begin()) % padded(total)) + " is not finite");
}

template <PairCost cost>
Pairs<cost> pairs_of(const GatheredPoints& all) {
  const auto on_device = [](const std::vector<double>& v) {
    return to_device(v.data(), static_cast<std::int64_t>(v.size()));
  };
  return {{on_device(all.points), padded(all.total), all.dimensions},
          {on_device(all.sides), padded(all.total), all.side_dimensions},
          on_device(all.groups),
          all.first,
          all.rows,
          all.total};
}

std::int64_t tasks_of(std::int64_t blocks) {
  return (blocks + blocks_of_task - 1) / blocks_of_task;
}

template <PairCost cost>
void sum_rows(const Pairs<cost>& pairs, double* state) {
  const auto count = static_cast<std::size_t>(3 * pairs.rows);
  const Vector device("row state", count);
  for_each_index("neighbour sums", tasks_of(pairs.blocks()), RowSums<cost>{pairs, device});
  Kokkos::deep_copy(
      Kokkos::View<double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(state, count),
      device);
}

/// Brings the states (3, stride) of `total` points to one least distance. Returns whether that can
/// be done.
bool share_least(std::vector<double>& states, std::int64_t total) {
  constexpr double largest_range =
      600;  // powers of it are no overflow, also times a sum of N terms
  const auto stride = static_cast<std::size_t>(padded(total));
  const auto count = static_cast<std::size_t>(total);
  double* least = states.data();
  double* inverse = states.data() + stride;
  double smallest = infinity, largest = -infinity;
  for (std::size_t i = 0; i < count; ++i) {
    if (!(inverse[i] > 0)) continue;
    smallest = std::min(smallest, least[i]);
    largest = std::max(largest, least[i]);
  }
  if (!(largest - smallest <= largest_range)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (!(inverse[i] > 0)) continue;
    inverse[i] *= std::exp(least[i] - smallest);
    least[i] = smallest;
  }
  return true;
}

template <PairCost cost>
void sum_gradients(const Pairs<cost>& pairs, std::vector<double> states, double factor,
                   double* points_gradient, double* sides_gradient) {
  const bool shared = share_least(states, pairs.total);
  const std::int64_t stride = padded(pairs.total);
  const States all = {to_device(states.data(), stride), to_device(states.data() + stride, stride),
                      to_device(states.data() + 2 * stride, stride)};
  const auto buffer = [&](const double* wanted, int dimensions) {
    return wanted ? Vector("gradient", static_cast<std::size_t>(pairs.rows * dimensions))
                  : Vector();
  };
  const Vector for_points = buffer(points_gradient, pairs.points.dimensions);
  const Vector for_sides = buffer(sides_gradient, pairs.sides.dimensions);
  const std::int64_t tasks = tasks_of(pairs.blocks());
  if (shared) {
    for_each_index("neighbour gradients", tasks,
                   Gradients<cost, true>{pairs, all, factor, for_points, for_sides});
  } else {
    for_each_index("neighbour gradients", tasks,
                   Gradients<cost, false>{pairs, all, factor, for_points, for_sides});
  }
  const auto bring = [](double* to, const Vector& from) {
    if (!to) return;
    Kokkos::deep_copy(Kokkos::View<double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
                          to, from.extent(0)),
                      from);
  };
  bring(points_gradient, for_points);
  bring(sides_gradient, for_sides);
}

}  // namespace

NeighbourSoftmax::NeighbourSoftmax(PairCost cost, const double* points, const double* sides,
                                   std::int64_t rows, int dimensions, int side_dimensions,
                                   const Communicator& comm, const double* groups)
    : cost_(cost), comm_(comm) {
  all_.dimensions = dimensions;
  all_.side_dimensions = side_dimensions;
  all_.first = comm.exclusive_sum(rows);
  all_.rows = rows;
  all_.total = comm.sum(rows);
  all_.points = gather_transposed(points, rows, dimensions, comm);
  all_.sides = gather_transposed(sides, rows, side_dimensions, comm);
  // Null on all ranks or on none, but that of a rank without rows.
  if (comm.max(groups && rows > 0 ? 1 : 0) > 0)
    all_.groups = gather_transposed(groups, rows, 1, comm);
  require_finite(all_.points, all_.total, "the embedding");
  require_finite(all_.sides, all_.total, cost == PairCost::same_label ? "the label" : "the target");
}

double NeighbourSoftmax::objective(double* row_state) const {
  if (cost_ == PairCost::same_label) {
    sum_rows(pairs_of<PairCost::same_label>(all_), row_state);
  } else {
    sum_rows(pairs_of<PairCost::squared_distance>(all_), row_state);
  }
  double sum = 0;
  std::int64_t lost = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t i = all_.rows; i-- > 0;) {
    sum += row_state[3 * i + 2];
    if (all_.total > 1 && !(row_state[3 * i + 1] > 0)) lost = all_.first + i;
  }
  lost = comm_.min(lost);
  require(lost == std::numeric_limits<std::int64_t>::max(),
          "point " + std::to_string(lost) +
              " has no neighbour: all distances overflow, or all others are of its group");
  sum = comm_.sum(sum);
  if (!std::isfinite(sum)) throw NonFiniteError("squared distances of targets overflow");
  return sum;
}

void NeighbourSoftmax::gradient(const double* row_state, double factor, double* points_gradient,
                                double* sides_gradient) const {
  const auto states = gather_transposed(row_state, all_.rows, 3, comm_);
  if (cost_ == PairCost::same_label) {
    sum_gradients(pairs_of<PairCost::same_label>(all_), states, factor, points_gradient, nullptr);
  } else {
    sum_gradients(pairs_of<PairCost::squared_distance>(all_), states, factor, points_gradient,
                  sides_gradient);
  }
}

}  // namespace eigenprop
