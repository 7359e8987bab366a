#pragma once

#include <cstdio>
#include <ctime>
#include <map>
#include <string>

#include "runtime/communicator.hpp"
#include "runtime/process_memory.hpp"
#include "runtime/timer.hpp"
#include "storage/run_file.hpp"

namespace eigenprop {

/// Wall-clock, and time of the processor by all threads, since construction or reset().
class ScalingTimer {
 public:
  void reset() { *this = ScalingTimer(); }
  double seconds() const { return timer_.seconds(); }
  double processor_seconds() const {
    return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC;
  }

 private:
  Timer timer_;
  std::clock_t start_ = std::clock();
};

/// What a scaling program measures: printed stage by stage, and one row of a table of a run file,
/// with columns <stage>_seconds and <stage>_processor_seconds (of the rank that takes longest; on a
/// machine that others use, the second tell more) and <stage>_gib (highest resident memory so far,
/// summed over the ranks). All members are collective.
class ScalingRecord {
 public:
  explicit ScalingRecord(const Communicator& world) : world_(world) {}

  /// `note`: what else is printed on the line.
  void stage(const std::string& column, const char* title, const ScalingTimer& timer,
             const std::string& note) {
    const double processor = world_.max(timer.processor_seconds());
    const double slowest = row_[column + "_seconds"] = world_.max(timer.seconds());
    row_[column + "_processor_seconds"] = processor;
    const double memory = row_[column + "_gib"] = world_.sum(peak_memory());
    if (world_.is_root())
      std::printf("%-28s %9.2f s   of a processor %9.2f s   peak so far %6.2f GiB in all   %s\n",
                  title, slowest, processor, memory, note.c_str());
  }
  void set(const std::string& column, double value) { row_[column] = value; }

  /// Appends the row to the table. Throws InputError where the file cannot be written.
  void write(const std::string& table, RunFile& file) const {
    auto row = row_;
    row["ranks"] = world_.size();
    file.append(table, row);
    file.flush();
  }

 private:
  const Communicator& world_;
  std::map<std::string, double> row_;
};

}  // namespace eigenprop
