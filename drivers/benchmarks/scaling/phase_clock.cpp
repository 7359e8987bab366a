#include "scaling/phase_clock.hpp"

#include <cstring>
#include <vector>

#include "scaling/message_counter.hpp"
#include "scaling_record.hpp"

namespace eigenprop {
namespace {

static_assert(phase_count <= message_bins, "a bin for every phase");

// Kokkos calls free functions.
struct State {
  PhaseTimes times;
  std::vector<int> stack;
  ScalingTimer timer;

  int present() const { return stack.empty() ? static_cast<int>(Phase::other) : stack.back(); }
  // Books the time since the last change of phase. What a device still computes belongs to the
  // phase that started it.
  void book() {
    Kokkos::fence();
    const auto phase = static_cast<std::size_t>(present());
    times.wall[phase] += timer.seconds();
    times.processor[phase] += timer.processor_seconds();
    timer.reset();
  }
};

State& state() {
  static State the_state;
  return the_state;
}

int phase_of(const char* name, int otherwise) {
  for (int phase = 0; phase < phase_count; ++phase) {
    if (std::strcmp(name, phase_name(phase)) == 0) return phase;
  }
  return otherwise;
}

void enter(const char* name) {
  auto& s = state();
  s.book();
  s.stack.push_back(phase_of(name, s.present()));
  set_message_bin(s.present());
}

void leave() {
  auto& s = state();
  s.book();
  // A region that was entered before the clock started.
  if (!s.stack.empty()) s.stack.pop_back();
  set_message_bin(s.present());
}

}  // namespace

PhaseClock::PhaseClock() {
  state() = State();
  set_message_bin(static_cast<int>(Phase::other));
  Kokkos::Tools::Experimental::set_push_region_callback(enter);
  Kokkos::Tools::Experimental::set_pop_region_callback(leave);
}

PhaseClock::~PhaseClock() {
  Kokkos::Tools::Experimental::set_push_region_callback(nullptr);
  Kokkos::Tools::Experimental::set_pop_region_callback(nullptr);
}

PhaseTimes PhaseClock::times() {
  state().book();
  return state().times;
}

}  // namespace eigenprop
