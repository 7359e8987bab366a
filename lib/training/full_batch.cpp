#include "training/full_batch.hpp"

namespace eigenprop {

FullBatch::FullBatch(const SolverSettings& settings, Problem& problem, const Communicator& comm)
    : TaoSolver(settings, problem, comm) {}

Moment FullBatch::moment() const {
  return {step_, static_cast<double>(step_), at_restart_ && step_ > 0, at_restart_};
}

void FullBatch::run(const Watch& watch, StopNotice* stop) {
  const Batch all = all_samples(problem_);
  Measures measures;
  const auto objective = [&] {
    // The point is one that a line search tries until it is told of as a step.
    at_restart_ = false;
    return evaluate(all, stop, measures);
  };
  const auto monitor = [&](const BatchMinimizer::Iteration& iteration) {
    step_ = iteration.number;
    at_restart_ = iteration.restarts;
    Step step{moment(), measures};
    tell(iteration, step.measures);
    problem_.stepped(all, step.moment, step.measures);
    watch(step);
    return true;
  };
  const auto result = minimizer_.minimize(step_, settings_.iterations, objective, monitor);
  at_restart_ = true;
  outcome_ = outcome_text(result);
}

}  // namespace eigenprop
