#include "objectives/neighbour_softmax.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "objectives/detail/neighbour_kernels.hpp"
#include "objectives/detail/transposed_points.hpp"
#include "runtime/error.hpp"
#include "tensor/loops.hpp"
#include "tensor/tensor.hpp"

namespace eigenprop {
namespace {

using namespace neighbours;

template <PairCost cost>
Pairs<cost> pairs_of(const ExecutionSpace& space, const GatheredPoints& all) {
  const auto on_device = [&](const std::vector<double>& v) {
    return to_device(space, v.data(), static_cast<std::int64_t>(v.size()));
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
void sum_rows(const ExecutionSpace& space, const Pairs<cost>& pairs, double* state) {
  const auto count = static_cast<std::size_t>(3 * pairs.rows);
  const Vector device("row state", count);
  for_each_index(space, "neighbour sums", tasks_of(pairs.blocks()), RowSums<cost>{pairs, device});
  Kokkos::deep_copy(
      space,
      Kokkos::View<double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(state, count),
      device);
  space.fence();
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
void sum_gradients(const ExecutionSpace& space, const Pairs<cost>& pairs,
                   std::vector<double> states, double factor, double* points_gradient,
                   double* sides_gradient) {
  const bool shared = share_least(states, pairs.total);
  const std::int64_t stride = padded(pairs.total);
  const States all = {to_device(space, states.data(), stride),
                      to_device(space, states.data() + stride, stride),
                      to_device(space, states.data() + 2 * stride, stride)};
  const auto buffer = [&](const double* wanted, int dimensions) {
    return wanted ? Vector("gradient", static_cast<std::size_t>(pairs.rows * dimensions))
                  : Vector();
  };
  const Vector for_points = buffer(points_gradient, pairs.points.dimensions);
  const Vector for_sides = buffer(sides_gradient, pairs.sides.dimensions);
  const std::int64_t tasks = tasks_of(pairs.blocks());
  if (shared) {
    for_each_index(space, "neighbour gradients", tasks,
                   Gradients<cost, true>{pairs, all, factor, for_points, for_sides});
  } else {
    for_each_index(space, "neighbour gradients", tasks,
                   Gradients<cost, false>{pairs, all, factor, for_points, for_sides});
  }
  const auto bring = [&](double* to, const Vector& from) {
    if (!to) return;
    Kokkos::deep_copy(space,
                      Kokkos::View<double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>(
                          to, from.extent(0)),
                      from);
  };
  bring(points_gradient, for_points);
  bring(sides_gradient, for_sides);
  space.fence();
}

}  // namespace

NeighbourSoftmax::NeighbourSoftmax(PairCost cost, const double* points, const double* sides,
                                   std::int64_t rows, int dimensions, int side_dimensions,
                                   const Communicator& comm, const double* groups,
                                   const ExecutionSpace& space)
    : cost_(cost), comm_(comm), space_(space) {
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
    sum_rows(space_, pairs_of<PairCost::same_label>(space_, all_), row_state);
  } else {
    sum_rows(space_, pairs_of<PairCost::squared_distance>(space_, all_), row_state);
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
    sum_gradients(space_, pairs_of<PairCost::same_label>(space_, all_), states, factor,
                  points_gradient, nullptr);
  } else {
    sum_gradients(space_, pairs_of<PairCost::squared_distance>(space_, all_), states, factor,
                  points_gradient, sides_gradient);
  }
}

}  // namespace eigenprop
