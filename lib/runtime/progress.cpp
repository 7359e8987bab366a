#include "runtime/progress.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <utility>

namespace eigenprop {
namespace {

std::string clock_text(double seconds) {
  char text[32];
  const auto s = std::lround(seconds);
  if (s >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", s / 60, s % 60);
  }
  return text;
}

}  // namespace

Progress::Progress(std::string title, std::int64_t total, bool active)
    : title_(std::move(title)),
      total_(total),
      active_(active),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      last_(start_ - std::chrono::hours(1)) {}

Progress::~Progress() {
  if (line_open_) std::fputc('\n', stderr);
}

void Progress::update(std::int64_t done, const std::string& note) {
  if (!active_) return;
  // The first call may come from a restarted run: its speed counts from there.
  if (first_ < 0) first_ = done - 1;
  const auto now = Clock::now();
  const auto interval = std::chrono::milliseconds(terminal_ ? 100 : 10000);
  if (done < total_ && now - last_ < interval) return;
  last_ = now;

  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done - first_) / (elapsed > 0 ? elapsed : 1);
  const double left = static_cast<double>(total_ - done) / (rate > 0 ? rate : 1);
  const double share = total_ > 0 ? static_cast<double>(done) / static_cast<double>(total_) : 1;
  constexpr int width = 28;
  const auto filled = static_cast<std::size_t>(share * width);
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  std::fprintf(stderr, "%s%s [%s] %ld/%ld  %s left  %s%s", terminal_ ? "\r" : "", title_.c_str(),
               bar.c_str(), static_cast<long>(done), static_cast<long>(total_),
               clock_text(left).c_str(), note.c_str(), terminal_ ? "\033[K" : "\n");
  line_open_ = terminal_;
  std::fflush(stderr);
}

}  // namespace eigenprop
