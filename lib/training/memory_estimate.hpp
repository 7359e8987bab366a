#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/graph.hpp"
#include "optimization/solver_settings.hpp"

namespace eigenprop {

/// What a training takes of a rank's memory at its peak, by its parts, before it is started.
/// Exact for what is planned (parameters, their gradients, sums and velocities, all buffers of the
/// graph); what is not planned, as the vectors of TAO's solvers and what the solvers of an affinity
/// graph keep, is not in it, and named instead.
class MemoryEstimate {
 public:
  /// `base`: bytes of the process without a training, as resident_memory() tells of it.
  explicit MemoryEstimate(double base) { add("programs and libraries", base); }

  void add(const std::string& part, double bytes) { parts_.emplace_back(part, bytes); }

  /// Names something that is not in it.
  void leave_out(const std::string& part) { left_out_.push_back(part); }

  /// A graph that is trained by `solver`, through its output "objective", on such inputs.
  void add_training(const Graph& graph, const std::vector<TensorSpec>& inputs,
                    const SolverSettings& solver);

  double bytes() const;

  /// A line for each part and one for their sum, in MiB, and what is left out.
  std::string text() const;

 private:
  std::vector<std::pair<std::string, double>> parts_;
  std::vector<std::string> left_out_;
};

}  // namespace eigenprop
