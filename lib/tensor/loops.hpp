#pragma once

#include <cstdint>
#include <string>

#include "tensor/execution_space.hpp"

namespace eigenprop {

/// Indices 0 .. n-1 for a kernel on `space`.
template <class Space>
auto index_range(const Space& space, std::int64_t n) {
  return Kokkos::RangePolicy<Space, Kokkos::IndexType<std::int64_t>>(space, 0, n);
}

/// f(i) for i = 0 .. n-1 in parallel on `space`. Returns when the kernel is launched.
template <class Space, class F>
void for_each_index(const Space& space, const std::string& label, std::int64_t n, const F& f) {
  Kokkos::parallel_for(label, index_range(space, n), f);
}

}  // namespace eigenprop
