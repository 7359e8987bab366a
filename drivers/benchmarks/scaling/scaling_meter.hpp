#pragma once

#include <vector>

#include "runtime/communicator.hpp"
#include "scaling/message_counter.hpp"
#include "scaling/phase_clock.hpp"

namespace eigenprop {

/// What one repeat took on this rank.
struct Repeat {
  double seconds = 0;  ///< from the moment when all ranks began to that when this one had ended
  PhaseTimes times;
  MessageCounts counts = {};
};

/// Cuts the steps of a run into repeats. Ranks begin each repeat together: what passes between them
/// in between is measured and counted nowhere.
class ScalingMeter {
 public:
  ScalingMeter(std::int64_t warmup, std::int64_t repeats, std::int64_t steps,
               const Communicator& world)
      : warmup_(warmup), repeats_(repeats), steps_(steps), world_(world) {}

  std::int64_t total_steps() const { return warmup_ + repeats_ * steps_; }

  /// Before the first step. Collective.
  void begin() {
    if (warmup_ == 0) start();
  }

  /// After each of total_steps(). Collective.
  void step_done();

  const std::vector<Repeat>& repeats() const { return results_; }

 private:
  void start();

  std::int64_t warmup_, repeats_, steps_;
  const Communicator& world_;
  PhaseClock clock_;
  std::int64_t done_ = 0;
  Repeat before_;
  std::vector<Repeat> results_;
};

}  // namespace eigenprop
