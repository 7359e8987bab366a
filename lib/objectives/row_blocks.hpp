#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>

namespace eigenprop::neighbours {

/// body(begin, end) for blocks of rows, in parallel on the host: few enough that what is kept for
/// each stays small, and enough that they share the tiles of points that they visit.
template <class Body>
void for_each_block(const std::string& label, std::int64_t rows, const Body& body) {
  constexpr std::int64_t rows_of_block = 32;
  const std::int64_t blocks = (rows + rows_of_block - 1) / rows_of_block;
  Kokkos::parallel_for(
      label,
      Kokkos::RangePolicy<Kokkos::DefaultHostExecutionSpace, Kokkos::IndexType<std::int64_t>>(
          0, blocks),
      [&](std::int64_t block) {
        const std::int64_t begin = block * rows_of_block;
        body(begin, std::min(rows, begin + rows_of_block));
      });
}

}  // namespace eigenprop::neighbours
