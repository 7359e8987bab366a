#pragma once

#include <array>

#include "runtime/phase.hpp"

namespace eigenprop {

/// Seconds of this process in each phase, and in all.
struct PhaseTimes {
  double passed = 0;
  std::array<double, phase_count> wall = {};
  std::array<double, phase_count> processor = {};  ///< of all threads; ranks that wait may spin
};

/// Measures the phases that the library marks (PhaseScope), by listening to Kokkos' regions, and
/// tells message_counter.hpp which bin is which phase. Regions of other names belong to the phase
/// that they are in. Calls of MPI are exchanges, whoever makes them, PETSc within an eigensolver
/// for instance; they are counted in the bin of the phase that makes them. One at a time.
class PhaseClock {
 public:
  PhaseClock();
  ~PhaseClock();
  PhaseClock(const PhaseClock&) = delete;
  PhaseClock& operator=(const PhaseClock&) = delete;

  /// Since construction; waits for devices.
  static PhaseTimes times();
};

}  // namespace eigenprop
