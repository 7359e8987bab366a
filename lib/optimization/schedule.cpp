#include "optimization/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "runtime/error.hpp"

namespace eigenprop {

Schedule::Schedule(ScheduleSettings settings, double epochs)
    : settings_(std::move(settings)), epochs_(epochs) {
  const auto& kind = settings_.kind;
  require(kind == "constant" || kind == "step" || kind == "cosine",
          "schedule '" + kind + "' is none of constant, step, cosine");
  require(settings_.rate > 0 && std::isfinite(settings_.rate),
          "the learning rate must be positive and finite");
  require(
      settings_.warmup_epochs >= 0 && settings_.final_fraction >= 0 && settings_.step_factor > 0 &&
          std::isfinite(settings_.warmup_epochs + settings_.final_fraction + settings_.step_factor),
      "warm-up, final fraction and step factor of the schedule must be finite, not negative");
  require(std::is_sorted(settings_.milestones.begin(), settings_.milestones.end()),
          "milestones of the schedule must ascend");
}

double Schedule::rate(double epoch) const {
  double rate = settings_.rate;
  if (settings_.kind == "step") {
    for (const double milestone : settings_.milestones) {
      if (epoch >= milestone) rate *= settings_.step_factor;
    }
  } else if (settings_.kind == "cosine") {
    constexpr double pi = 3.14159265358979323846;
    const double share = std::clamp(epoch / epochs_, 0.0, 1.0);
    const double low = settings_.final_fraction;
    rate *= low + (1 - low) * 0.5 * (1 + std::cos(pi * share));
  }
  if (epoch < settings_.warmup_epochs) rate *= epoch / settings_.warmup_epochs;
  return rate;
}

}  // namespace eigenprop
