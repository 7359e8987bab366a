#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace eigenprop {

/// Progress bar on standard error: one line rewritten in place on a terminal, and a plain line
/// every few seconds elsewhere, so that log files of batch jobs stay readable. The same plain lines
/// go to the end of a log file, where one is given.
class Progress {
 public:
  /// `total`: number of steps; `active`: false on ranks that shall stay silent; `log_file`: empty
  /// for none.
  Progress(std::string title, std::int64_t total, bool active, const std::string& log_file = "");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows that `done` steps are finished, with `note` (for instance the loss) behind the bar.
  void update(std::int64_t done, const std::string& note = "");

 private:
  using Clock = std::chrono::steady_clock;

  std::string line(std::int64_t done, const std::string& note) const;

  std::string title_;
  std::int64_t total_;
  std::int64_t first_ = -1;
  bool active_;
  bool terminal_;
  bool line_open_ = false;
  Clock::time_point start_;
  Clock::time_point last_;
  std::FILE* log_ = nullptr;
  Clock::time_point last_logged_;
};

}  // namespace eigenprop
