#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>
#include <string>

namespace eigenprop::neighbours {

/// body(begin, end) for blocks of rows, in parallel on `space`, one of the host: few enough that
/// what is kept for each stays small, and enough that they share the tiles of points that they
/// visit. Returns when all are done.
template <class Space, class Body>
void for_each_block(const Space& space, const std::string& label, std::int64_t rows,
                    const Body& body) {
  constexpr std::int64_t rows_of_block = 32;
  const std::int64_t blocks = (rows + rows_of_block - 1) / rows_of_block;
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(space, 0, blocks),
      [&](std::int64_t block) {
        const std::int64_t begin = block * rows_of_block;
        body(begin, std::min(rows, begin + rows_of_block));
      });
  space.fence();
}

}  // namespace eigenprop::neighbours
