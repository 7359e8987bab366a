#include "scaling/scaling_meter.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

void ScalingMeter::start() {
  // Not through the counted name.
  check_mpi(PMPI_Barrier(world_.get()));
  before_.times = PhaseClock::times();
  before_.counts = message_counts();
}

void ScalingMeter::step_done() {
  ++done_;
  const std::int64_t measured = done_ - warmup_;
  if (measured > 0 && measured % steps_ == 0) {
    Repeat repeat;
    repeat.times = PhaseClock::times();
    // By the same reading of the clock as the phases: a process may lose its core between two.
    repeat.seconds = repeat.times.passed - before_.times.passed;
    for (std::size_t p = 0; p < phase_count; ++p) {
      repeat.times.wall[p] -= before_.times.wall[p];
      repeat.times.processor[p] -= before_.times.processor[p];
    }
    const auto& counts = message_counts();
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
      for (std::size_t kind = 0; kind < counts[bin].size(); ++kind)
        repeat.counts[bin][kind] = counts[bin][kind] - before_.counts[bin][kind];
    }
    results_.push_back(repeat);
  }
  if (measured >= 0 && measured % steps_ == 0) start();
}

}  // namespace eigenprop
