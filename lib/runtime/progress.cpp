#include "runtime/progress.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <ctime>
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

Progress::Progress(std::string title, std::int64_t total, bool active, const std::string& log_file)
    : title_(std::move(title)),
      total_(total),
      active_(active),
      terminal_(isatty(STDERR_FILENO) != 0),
      start_(Clock::now()),
      last_(start_ - std::chrono::hours(1)),
      last_logged_(last_) {
  if (active_ && !log_file.empty()) log_ = std::fopen(log_file.c_str(), "a");
}

Progress::~Progress() {
  if (line_open_) std::fputc('\n', stderr);
  if (log_) std::fclose(log_);
}

std::string Progress::line(std::int64_t done, const std::string& note) const {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = static_cast<double>(done - first_) / (elapsed > 0 ? elapsed : 1);
  const double left = static_cast<double>(total_ - done) / (rate > 0 ? rate : 1);
  const double share = total_ > 0 ? static_cast<double>(done) / static_cast<double>(total_) : 1;
  constexpr int width = 28;
  const auto filled = static_cast<std::size_t>(share * width);
  const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  return title_ + " [" + bar + "] " + std::to_string(done) + "/" + std::to_string(total_) + "  " +
         clock_text(left) + " left  " + note;
}

void Progress::update(std::int64_t done, const std::string& note) {
  if (!active_) return;
  // The first call may come from a restarted run: its speed counts from there.
  if (first_ < 0) first_ = done - 1;
  const auto now = Clock::now();
  constexpr auto plain_interval = std::chrono::seconds(10);
  const bool last = done >= total_;
  if (log_ && (last || now - last_logged_ >= plain_interval)) {
    last_logged_ = now;
    const std::time_t time = std::time(nullptr);
    std::tm parts{};
    localtime_r(&time, &parts);
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
    std::fprintf(log_, "%s %s\n", date, line(done, note).c_str());
    std::fflush(log_);
  }
  if (!last && now - last_ < (terminal_ ? std::chrono::milliseconds(100) : plain_interval)) return;
  last_ = now;
  std::fprintf(stderr, "%s%s%s", terminal_ ? "\r" : "", line(done, note).c_str(),
               terminal_ ? "\033[K" : "\n");
  line_open_ = terminal_;
  std::fflush(stderr);
}

}  // namespace eigenprop
