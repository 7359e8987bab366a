#pragma once

#include <string>

#include "scaling/scaling_cases.hpp"
#include "scaling/scaling_file.hpp"

namespace eigenprop {

/// Where `comm` runs. Collective.
ScalingPlace place_of(const Communicator& comm);

struct ScalingRequest {
  std::string output;   ///< the file of results
  bool small = false;   ///< with the case's small settings
  bool repeat = false;  ///< also where the file holds it already
};

/// Runs a case on all ranks of `world`, checks its numbers against those of the fewest ranks in the
/// file, and writes its row; one line about it is printed. A case that fails has the row and the
/// line, too, where all ranks learn of it; where they do not, the exception goes on. Returns
/// whether it is finished, also where it was so already. Collective.
bool run_scaling_case(const ScalingCase& scaling_case, const ScalingRequest& request,
                      const Communicator& world);

/// The line, which regular expressions of other programs find:
/// `scaling case=NAME scaling=strong nodes=1 ranks=2 threads=1 seconds=0.1 fastest=0.09
/// slowest=0.12 messages=4 bytes=128 memory_mib=90 difference=1e-16 status=ok`, with status ok,
/// known (the file held it) or failed, then also ` error=TEXT`. Seconds are those of a step on the
/// rank that takes longest: median, least and most over repeats; messages and bytes those of a step
/// of the rank that sends most (MessageTally).
std::string scaling_line(const std::string& name, const ScalingPlace& place, const ScalingRow& row,
                         const std::string& status);

}  // namespace eigenprop
