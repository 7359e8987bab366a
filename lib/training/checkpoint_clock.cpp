#include "training/checkpoint_clock.hpp"

#include <algorithm>
#include <cmath>

namespace eigenprop {
namespace {

constexpr double largest_share = 0.01;  // of the run's time that writing may take
constexpr double seconds_between_questions = 1;
constexpr std::int64_t most_steps = 1000;

}  // namespace

bool CheckpointClock::due(std::int64_t step) {
  if (step < ask_at_) return false;
  std::int64_t told[2] = {0, 1};  // whether it is due, and steps to the next question
  if (comm_.is_root()) {
    told[0] = since_written_.seconds() >= std::max(seconds_, took_ / largest_share) ? 1 : 0;
    if (asked_at_ >= 0) {
      // No more than twice as many steps as before: steps may become longer.
      const auto steps = static_cast<double>(step - asked_at_);
      const double pace = steps / std::max(since_asked_.seconds(), 1e-6);
      const double next = std::min(pace * seconds_between_questions, 2 * steps);
      told[1] = std::clamp<std::int64_t>(std::llround(next), 1, most_steps);
    }
    since_asked_ = Timer();
  }
  comm_.broadcast(told, 2);
  asked_at_ = step;
  ask_at_ = step + told[1];
  return told[0] != 0;
}

void CheckpointClock::written(double seconds) {
  took_ = seconds;
  since_written_ = Timer();
}

}  // namespace eigenprop
