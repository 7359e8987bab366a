#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eigenprop {

/// Learning rate as a function of training progress.
struct ScheduleSettings {
  std::string kind = "cosine";     ///< constant, step or cosine
  double rate = 0.01;              ///< after the warm-up
  double final_fraction = 0;       ///< cosine: last rate as a fraction of `rate`
  double step_factor = 0.1;        ///< step: factor at each milestone
  std::vector<double> milestones;  ///< step: epochs at which the rate drops, ascending
  double warmup_epochs = 0;        ///< linear rise from 0
};

class Schedule {
 public:
  /// Throws InputError for an unknown kind, a rate that is not positive, or milestones out of
  /// order.
  Schedule(ScheduleSettings settings, double epochs);

  /// Learning rate after `epoch` epochs, a real number in 0 .. epochs.
  double rate(double epoch) const;

 private:
  ScheduleSettings settings_;
  double epochs_;
};

}  // namespace eigenprop
