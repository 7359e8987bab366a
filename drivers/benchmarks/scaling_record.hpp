#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "peak_memory.hpp"
#include "runtime/communicator.hpp"
#include "storage/run_file.hpp"

namespace eigenprop {

/// What a scaling program measures: printed stage by stage, and one row of a table of a run file,
/// with columns <stage>_seconds (of the slowest rank) and <stage>_gib (highest resident memory so
/// far, summed over the ranks). All members are collective.
class ScalingRecord {
 public:
  explicit ScalingRecord(const Communicator& world) : world_(world) {}

  /// `note`: what else is printed on the line.
  void stage(const std::string& column, const char* title, double seconds,
             const std::string& note) {
    const double slowest = row_[column + "_seconds"] = world_.max(seconds);
    const double memory = row_[column + "_gib"] = world_.sum(peak_memory());
    if (world_.is_root())
      std::printf("%-28s %9.2f s   peak so far %6.2f GiB in all   %s\n", title, slowest, memory,
                  note.c_str());
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
