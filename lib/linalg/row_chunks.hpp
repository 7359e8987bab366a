#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <vector>

#include "tensor/execution_space.hpp"

namespace eigenprop {

/// Partition of rows into chunks that depends on their number alone, so that sums over chunks do
/// not depend on threads.
class RowChunks {
 public:
  explicit RowChunks(std::int64_t rows)
      : rows_(rows), size_(std::max<std::int64_t>(2048, (rows + 63) / 64)) {}

  std::int64_t count() const { return (rows_ + size_ - 1) / size_; }

  /// f(chunk, first row, end row) for all chunks, in parallel on `space`, one of the host. Returns
  /// when all are done.
  template <class Space, class F>
  void for_each(const Space& space, const F& f) const {
    using Policy = Kokkos::RangePolicy<Space, Kokkos::Schedule<Kokkos::Dynamic>,
                                       Kokkos::IndexType<std::int64_t>>;
    const std::int64_t size = size_;
    const std::int64_t rows = rows_;
    if (count() == 1) {
      // Done before threads have woken up.
      space.fence();
      f(std::int64_t{0}, std::int64_t{0}, rows);
      return;
    }
    Kokkos::parallel_for("row chunks", Policy(space, 0, count()).set_chunk_size(1),
                         [=, &f](std::int64_t chunk) {
                           f(chunk, chunk * size, std::min(rows, (chunk + 1) * size));
                         });
    space.fence();
  }

  /// Sum over chunks of vectors of length n that f(chunk, first, end, vector) adds to.
  template <class Space, class F>
  std::vector<double> sum(const Space& space, std::int64_t n, const F& f) const {
    std::vector<double> parts(static_cast<std::size_t>(count() * n), 0.0);
    double* data = parts.data();
    for_each(space, [&](std::int64_t chunk, std::int64_t first, std::int64_t end) {
      f(first, end, data + chunk * n);
    });
    std::vector<double> total(static_cast<std::size_t>(n), 0.0);
    for (std::int64_t chunk = 0; chunk < count(); ++chunk) {
      for (std::int64_t i = 0; i < n; ++i)
        total[static_cast<std::size_t>(i)] += parts[static_cast<std::size_t>(chunk * n + i)];
    }
    return total;
  }

 private:
  std::int64_t rows_;
  std::int64_t size_;
};

}  // namespace eigenprop
