#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/communicator.hpp"
#include "scaling/scaling_meter.hpp"

namespace eigenprop {

/// On what a case runs.
struct ScalingPlace {
  std::int64_t nodes = 1, ranks = 1, threads = 1;
  std::vector<std::string> hosts;  ///< of each rank

  /// "nodes1_ranks2_threads1".
  std::string name() const;
};

using Numbers = std::map<std::string, double>;

/// One case on one place, as it stands in the file: all repeats of all ranks.
struct ScalingRow {
  std::string scaling;
  std::int64_t copies = 1, steps = 1;
  std::int64_t units = 1;  ///< ScalingProgram::units()
  std::int64_t cores = 1;  ///< of rank 0's machine
  std::string error;       ///< empty: finished
  double setup_seconds = 0;
  double load = 0;                  ///< of rank 0's machine when the case began: processes that run
  std::vector<double> seconds;      ///< (repeats, ranks), of all steps of a repeat
  std::vector<double> wall;         ///< (repeats, ranks, phases)
  std::vector<double> processor;    ///< (repeats, ranks, phases)
  std::vector<std::int64_t> calls;  ///< (ranks, phases, kinds), of all repeats together
  std::vector<std::int64_t> bytes;  ///< likewise, as the next two (MessageTally)
  std::vector<std::int64_t> messages, message_bytes;
  bool counts_vary = false;         ///< whether repeats have sent differently
  std::vector<double> peak_memory;  ///< (ranks), GiB
  Numbers numbers;
  std::string reference;  ///< the place whose numbers these were compared with
  double difference = 0;  ///< largest relative one

  std::int64_t repeats(std::int64_t ranks) const {
    return static_cast<std::int64_t>(seconds.size()) / ranks;
  }
  /// By repeat, per step: of the rank that took longest.
  std::vector<double> slowest(std::int64_t ranks) const;
  /// Largest of a rank, per step.
  double most_sent(const std::vector<std::int64_t>& sent, std::int64_t ranks) const;
};

/// What rank `comm` measured, gathered on rank 0. Collective.
void gather_repeats(const ScalingMeter& meter, const Communicator& comm, ScalingRow& row);

/// The file of results. Layout (format "eigenprop-scaling", version 1): /phases and /kinds, names;
/// /cases/<case> with the text `configuration`; /cases/<case>/<place> with the arrays and numbers
/// of a ScalingRow, the lists `hosts`, `phase` and `kind`, and as attributes the rest of it with
/// `nodes`, `ranks`, `threads`, `started`, `machine`, `kokkos`, `commit`. Arrays name their
/// dimensions. Every write puts a whole new file in the
/// place of the old one.
class ScalingFile {
 public:
  explicit ScalingFile(std::string path) : path_(std::move(path)) {}

  /// Throws InputError where the file holds this case with other settings.
  void check_configuration(const std::string& name, const std::string& configuration) const;

  /// Its row where it is finished.
  std::optional<ScalingRow> finished(const std::string& name, const ScalingPlace& place) const;

  /// Place and numbers of the finished row with fewest ranks; nothing where there is none.
  std::optional<std::pair<std::string, Numbers>> reference(const std::string& name) const;

  /// Adds the row, or replaces the one of this place.
  void write(const std::string& name, const std::string& configuration, const ScalingPlace& place,
             const ScalingRow& row) const;

 private:
  std::string path_;
};

}  // namespace eigenprop
