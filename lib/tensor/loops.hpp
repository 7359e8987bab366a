#pragma once

#include <cstdint>
#include <string>

#include "tensor/tensor.hpp"

namespace eigenprop {

/// f(i) for i = 0 .. n-1 in parallel on the default execution space.
template <class F>
void for_each_index(const std::string& label, std::int64_t n, const F& f) {
  Kokkos::parallel_for(
      label, Kokkos::RangePolicy<ExecutionSpace, Kokkos::IndexType<std::int64_t>>(0, n), f);
}

/// True where host code, and hence the BLAS, can work on tensors in place.
constexpr bool tensors_on_host =
    Kokkos::SpaceAccessibility<Kokkos::HostSpace, MemorySpace>::accessible;

}  // namespace eigenprop
