#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace eigenprop {

/// Progress bar on standard error: one line rewritten in place on a terminal, and a plain line
/// every few seconds elsewhere, so that log files of batch jobs stay readable.
class Progress {
 public:
  /// `total`: number of steps; `active`: false on ranks that shall stay silent.
  Progress(std::string title, std::int64_t total, bool active);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows that `done` steps are finished, with `note` (for instance the loss) behind the bar.
  void update(std::int64_t done, const std::string& note = "");

 private:
  using Clock = std::chrono::steady_clock;

  std::string title_;
  std::int64_t total_;
  std::int64_t first_ = -1;
  bool active_;
  bool terminal_;
  bool line_open_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
};

}  // namespace eigenprop
