#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/communicator.hpp"
#include "runtime/timer.hpp"

namespace eigenprop {

/// The record of one run, readable without this project. Layout (format "eigenprop-run", version
/// 1): root attributes `program`, `eigenprop_version`, `commit`, `machine`, `kokkos`, `ranks`,
/// `threads`, `seed`, `started` (ISO 8601), `seconds` (wall-clock so far); text datasets
/// /configuration and /environment; metrics as growing float64 datasets, one a column:
/// /metrics/<table>/<column>. Rank 0 writes; other ranks' calls do nothing.
class RunFile {
 public:
  /// Creates `path`, or, with `resume_step` >= 0 and the file present, keeps the rows up to that
  /// `step`, of tables without such a column so many rows, and appends. Throws InputError where the
  /// folder cannot be written.
  RunFile(const std::string& path, const std::string& program, const std::string& configuration,
          std::int64_t seed, std::int64_t resume_step, const Communicator& comm);
  ~RunFile();
  RunFile(const RunFile&) = delete;
  RunFile& operator=(const RunFile&) = delete;

  /// Appends one row to a table; the columns of its first row are those of all.
  void append(const std::string& table, const std::map<std::string, double>& row);

  /// Whether the file holds a row of this step in a table with the column `step`; on rank 0 only.
  bool has_step(const std::string& table, std::int64_t step) const;

  /// Writes buffered rows and the wall-clock, and hands them to the operating system.
  void flush();

 private:
  using Columns = std::map<std::string, std::vector<double>>;

  bool active_;
  std::string path_;
  Timer timer_;
  double seconds_before_ = 0;
  std::map<std::string, Columns> buffers_;
};

}  // namespace eigenprop
