#include "scaling/phase_clock.hpp"

#include <chrono>
#include <cstring>
#include <ctime>
#include <vector>

#include "scaling/message_counter.hpp"

namespace eigenprop {
namespace {

static_assert(phase_count <= message_bins, "a bin for every phase");

using Clock = std::chrono::steady_clock;

// Kokkos calls free functions.
struct State {
  PhaseTimes times;
  std::vector<int> stack;
  Clock::time_point begin = Clock::now();
  Clock::time_point wall = begin;
  std::clock_t processor = std::clock();

  int present() const { return stack.empty() ? static_cast<int>(Phase::other) : stack.back(); }
  // Books the time since the last change of phase, none twice and none not at all. What a device
  // still computes belongs to the phase that started it.
  void book() {
    Kokkos::fence();
    const auto phase = static_cast<std::size_t>(present());
    const auto wall_now = Clock::now();
    const auto processor_now = std::clock();
    times.wall[phase] += std::chrono::duration<double>(wall_now - wall).count();
    times.processor[phase] += static_cast<double>(processor_now - processor) / CLOCKS_PER_SEC;
    times.passed = std::chrono::duration<double>(wall_now - begin).count();
    wall = wall_now;
    processor = processor_now;
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

void enter_call() {
  auto& s = state();
  s.book();
  s.stack.push_back(static_cast<int>(Phase::exchange));
}

void leave_call() {
  auto& s = state();
  s.book();
  if (!s.stack.empty()) s.stack.pop_back();
}

}  // namespace

PhaseClock::PhaseClock() {
  state() = State();
  set_message_bin(static_cast<int>(Phase::other));
  Kokkos::Tools::Experimental::set_push_region_callback(enter);
  Kokkos::Tools::Experimental::set_pop_region_callback(leave);
  set_message_listener({enter_call, leave_call});
}

PhaseClock::~PhaseClock() {
  set_message_listener({});
  Kokkos::Tools::Experimental::set_push_region_callback(nullptr);
  Kokkos::Tools::Experimental::set_pop_region_callback(nullptr);
}

PhaseTimes PhaseClock::times() {
  state().book();
  return state().times;
}

}  // namespace eigenprop
