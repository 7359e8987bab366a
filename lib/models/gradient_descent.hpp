#pragma once

#include <string>

#include "graph/execution.hpp"
#include "optimization/momentum_sgd.hpp"
#include "optimization/schedule.hpp"
#include "parallel/gradient_exchange.hpp"
#include "runtime/command_line.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {

/// Declares the options of the descent but its weight decay; `prefix` stands before their help, for
/// drivers with several methods.
void declare_descent_options(CommandLine& line, MomentumSgdSettings& optimizer,
                             ScheduleSettings& schedule, const std::string& prefix = "");

/// Forward pass after `steps` steps. Throws NonFiniteError that tells them, and the first layer
/// whose output is not finite, where the objective or what a layer was given is not.
void checked_forward(Execution& execution, Value objective, const RandomKey& key,
                     std::int64_t steps);

/// Data-parallel stochastic gradient descent on the parameters of a graph: what all trainers share.
/// One step on every rank:
///
///     descent.begin();
///     for each own unit of work: checked_forward, then descent.backward(execution, seeds, last?)
///     descent.finish(1 / units of all ranks, epoch);
class GradientDescent {
 public:
  struct Step {
    double gradient_norm = 0;
    double learning_rate = 0;
  };

  /// `parameters` must outlive this. Collective over `comm`.
  GradientDescent(ParameterSet& parameters, const MomentumSgdSettings& optimizer,
                  const ScheduleSettings& schedule, double epochs, const Communicator& comm);

  void begin() { exchange_.begin(); }

  /// Backward pass of one unit; its gradients are added. With `last`, those of this rank may
  /// travel while the pass goes on.
  void backward(Execution& execution, const Execution::Seeds& seeds, bool last);

  /// Parameters step along scale * sum, at the rate of the schedule after `epoch` epochs.
  /// Collective.
  Step finish(double scale, double epoch);

  /// Parameters and velocities to a checkpoint, sharing memory, and back. restore() throws
  /// InputError where the checkpoint is of another model; `what` names it.
  void save(Checkpoint& checkpoint) const;
  void restore(const Checkpoint& checkpoint, const std::string& what);

 private:
  ParameterSet& parameters_;
  GradientExchange exchange_;
  MomentumSgd optimizer_;
  Schedule schedule_;
};

}  // namespace eigenprop
