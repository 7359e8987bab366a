#pragma once

#include <map>
#include <string>
#include <vector>

#include "runtime/communicator.hpp"
#include "runtime/timer.hpp"

namespace eigenprop {

/// The record of one run, readable without this project. Layout (format "eigenprop-run", version
/// 1): root attributes `program`, `eigenprop_version`, `commit`, `machine`, `kokkos`, `ranks`,
/// `threads`, `seed` (all of the last start), `started` (of the first one, ISO 8601), `seconds`
/// (wall-clock so far); text datasets /configuration and /environment; metrics as float64 datasets,
/// one a column: /metrics/<table>/<column>, all columns of a table of one length, NaN where a row
/// has no value. /earlier_configurations/<step>: those that held up to that step, where a run went
/// on with other settings.
///
/// Rank 0 writes; other ranks' calls do nothing. All rows stay in memory, and every flush puts a
/// whole new file in the place of the old one: readers see a consistent table at every moment, and
/// whatever happens to a writer leaves the last one.
class RunFile {
 public:
  struct Description {
    std::string program;
    std::string configuration;
    std::int64_t seed = 1;
    bool appears_complete = false;  ///< an older file stays until the first flush()
  };

  /// With `resume_step` >= 0, takes the rows up to that `step` from the file at `path`, as far as
  /// it can be read: what is lost is told by remarks(), and what is no run file at all but damaged
  /// is kept as PATH.damaged. Writes the file, unless it shall appear complete. Throws InputError
  /// where the folder cannot be written, or the file is of another kind.
  RunFile(const std::string& path, const Description& description, std::int64_t resume_step,
          const Communicator& comm);
  ~RunFile();
  RunFile(const RunFile&) = delete;
  RunFile& operator=(const RunFile&) = delete;

  /// Appends one row to a table.
  void append(const std::string& table, const std::map<std::string, double>& row);

  /// Whether there is a row of this step in a table with the column `step`; on rank 0 only.
  bool has_step(const std::string& table, std::int64_t step) const;

  /// Writes all rows and the wall-clock to the disk. Throws InputError; an older file stays then.
  void flush();

  /// The same where the last time is some seconds ago, and long enough for writing to take less
  /// than a hundredth of the run.
  void flush_if_due();

  /// What a resumed file has lost, one line each; on rank 0 only.
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  struct Table {
    std::size_t rows = 0;
    std::map<std::string, std::vector<double>> columns;
  };

  void resume(std::int64_t step);
  std::string read_earlier(std::int64_t step);
  void keep(const std::string& table, std::map<std::string, std::vector<double>> columns,
            std::int64_t step);

  bool active_;
  std::string path_;
  Description description_;
  int ranks_;
  std::string started_;
  Timer timer_;
  double seconds_before_ = 0;
  double flushed_at_ = 0, flush_took_ = 0;  ///< seconds
  bool changed_ = true;
  std::map<std::string, Table> tables_;
  std::map<std::string, std::string> earlier_configurations_;
  std::vector<std::string> remarks_;
};

}  // namespace eigenprop
