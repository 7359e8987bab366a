#pragma once

#include "graph/execution.hpp"
#include "parallel/gradient_exchange.hpp"

namespace eigenprop {

/// Sum of the gradients of units of work over all ranks, under every solver: each unit's backward
/// pass adds to it, and that of a rank's last unit sends what is complete while it goes on.
///
///     sum.begin();
///     for each own unit: forward pass, then sum.add(execution, seeds, last?)
///     sum.finish(scale);
class GradientSum {
 public:
  /// `parameters` must outlive this. Collective over `comm`.
  GradientSum(const ParameterSet& parameters, const Communicator& comm)
      : exchange_(parameters, comm) {}

  void begin() { exchange_.begin(); }

  /// Backward pass of a unit from these seeds. With `last`, the rank's gradients may travel.
  void add(Execution& execution, const Execution::Seeds& seeds, bool last);

  /// Adds the adjoints that parameters hold already, for problems without a graph; they are the
  /// rank's last.
  void add_adjoints(const ParameterSet& parameters);

  /// Parameters' adjoints become scale * sum, on all ranks. Collective.
  void finish(double scale) { exchange_.finish(scale); }

 private:
  GradientExchange exchange_;
};

}  // namespace eigenprop
