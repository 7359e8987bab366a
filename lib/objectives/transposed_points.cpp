#include "objectives/detail/transposed_points.hpp"

#include <algorithm>
#include <cmath>

#include "parallel/collectives.hpp"
#include "runtime/error.hpp"

namespace eigenprop::neighbours {

std::vector<double> transposed(const double* rows, std::int64_t total, int columns,
                               double padding) {
  const std::int64_t stride = padded(total);
  std::vector<double> result(static_cast<std::size_t>(stride * columns), padding);
  for (std::int64_t i = 0; i < total; ++i) {
    for (std::int64_t k = 0; k < columns; ++k)
      result[static_cast<std::size_t>(k * stride + i)] = rows[i * columns + k];
  }
  return result;
}

std::vector<double> gather_transposed(const double* own, std::int64_t rows, int columns,
                                      const Communicator& comm) {
  const AllGatherRows gather(rows, columns, comm);
  const auto all = gather.forward(rows > 0 ? std::vector<double>(own, own + rows * columns)
                                           : std::vector<double>());
  return transposed(all.data(), gather.total_rows(), columns);
}

void squared_distances(const double* queries, std::int64_t count, const std::vector<double>& points,
                       int dimensions, double* to) {
  const auto stride = static_cast<std::int64_t>(points.size()) / dimensions;
  for (std::int64_t column = 0; column < stride; column += tile) {
    for (std::int64_t r = 0; r < count; ++r) {
      double sums[tile] = {};
      for (std::int64_t k = 0; k < dimensions; ++k) {
        const double* x = points.data() + k * stride + column;
        const double own = queries[r * dimensions + k];
        for (std::int64_t t = 0; t < tile; ++t) sums[t] += (own - x[t]) * (own - x[t]);
      }
      std::copy_n(sums, tile, to + r * stride + column);
    }
  }
}

Vector to_device(const ExecutionSpace& space, const double* values, std::int64_t count) {
  using Host = Kokkos::View<const double*, HostSpace, Kokkos::MemoryTraits<Kokkos::Unmanaged>>;
  Vector device(Kokkos::view_alloc(Kokkos::WithoutInitializing, "neighbours"),
                static_cast<std::size_t>(count));
  Kokkos::deep_copy(space, device, Host(values, static_cast<std::size_t>(count)));
  space.fence();
  return device;
}

void require_finite(const std::vector<double>& points, std::int64_t total,
                    const std::string& what) {
  const auto wrong = std::find_if(points.begin(), points.end(),
                                  [](double value) { return !std::isfinite(value); });
  if (wrong == points.end()) return;
  throw InputError(what + " of point " + std::to_string((wrong - points.begin()) % padded(total)) +
                   " is not finite");
}

}  // namespace eigenprop::neighbours
