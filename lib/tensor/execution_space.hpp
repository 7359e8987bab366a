#pragma once

#include <Kokkos_Core.hpp>
#include <type_traits>

namespace eigenprop {

/// Where tensors lie, and the type of the instances that kernels on them are launched on. As in
/// Kokkos' own libraries, whatever launches a kernel takes the instance as its first argument.
using ExecutionSpace = Kokkos::DefaultExecutionSpace;
using MemorySpace = ExecutionSpace::memory_space;

/// Of loops that call host libraries, such as the BLAS.
using HostExecutionSpace = Kokkos::DefaultHostExecutionSpace;
using HostSpace = Kokkos::HostSpace;

/// True where host code, and hence the BLAS, can work on tensors in place.
constexpr bool tensors_on_host =
    Kokkos::SpaceAccessibility<Kokkos::HostSpace, MemorySpace>::accessible;

/// The instance for loops on the host that work for `space`: `space` itself where it is one of the
/// host; else the default one, after what runs on `space` has ended.
inline HostExecutionSpace host_space_of(const ExecutionSpace& space) {
  if constexpr (std::is_same_v<ExecutionSpace, HostExecutionSpace>) {
    return space;
  } else {
    space.fence();
    return HostExecutionSpace();
  }
}

}  // namespace eigenprop
