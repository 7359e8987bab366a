#pragma once

#include <Kokkos_Core.hpp>

namespace eigenprop {

/// What a part of a program does, to whoever measures it. Of nested scopes the innermost counts:
/// an exchange within a backward pass is an exchange.
enum class Phase {
  other,
  forward,
  backward,
  exchange,     ///< data between ranks
  eigensolver,  ///< eigenvectors, and linear systems of their derivatives
  input,        ///< files read, samples prepared
  output        ///< files written
};
inline constexpr int phase_count = 7;

inline const char* phase_name(int phase) {
  constexpr const char* names[phase_count] = {"other",       "forward", "backward", "exchange",
                                              "eigensolver", "input",   "output"};
  return names[phase];
}

/// Marks the rest of a scope as a phase: a region of Kokkos' profiling interface of this name,
/// which Kokkos' tools, and through them Nsight and VTune, show. Without a tool that listens it
/// costs a few nanoseconds. `benchmark_scaling` listens.
class PhaseScope {
 public:
  explicit PhaseScope(Phase phase) {
    Kokkos::Profiling::pushRegion(phase_name(static_cast<int>(phase)));
  }
  ~PhaseScope() { Kokkos::Profiling::popRegion(); }
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;
};

}  // namespace eigenprop
