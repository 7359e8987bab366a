#include "training/full_batch.hpp"

namespace eigenprop {

BatchMinimizerSettings minimizer_settings(const SolverSettings& settings) {
  BatchMinimizerSettings minimizer;
  minimizer.method = settings.method;
  minimizer.restart = settings.restart;
  minimizer.gradient_tolerance = settings.tolerance;
  return minimizer;
}

double evaluate_with_gradient(Problem& problem, const Batch& batch, GradientSum& gradient,
                              StopNotice* stop, Measures& measures) {
  gradient.begin();
  try {
    measures = problem.evaluate(batch, &gradient, stop);
  } catch (const Interrupted&) {
    // Completes what is on its way.
    gradient.finish(0);
    throw;
  }
  gradient.finish(measures.gradient_scale);
  return measures.objective;
}

FullBatch::FullBatch(const SolverSettings& settings, Problem& problem, const Communicator& comm)
    : settings_(settings),
      problem_(problem),
      gradient_(problem.parameters(), comm),
      minimizer_(problem.parameters(), minimizer_settings(settings), comm) {}

Moment FullBatch::moment() const {
  return {step_, static_cast<double>(step_), at_restart_ && step_ > 0, at_restart_};
}

void FullBatch::run(const Watch& watch, StopNotice* stop) {
  const Batch all = all_samples(problem_);
  Measures measures;
  const auto evaluate = [&] {
    // The point is one that a line search tries until it is told of as a step.
    at_restart_ = false;
    return evaluate_with_gradient(problem_, all, gradient_, stop, measures);
  };
  const auto result = minimizer_.minimize(
      step_, settings_.iterations, evaluate, [&](const BatchMinimizer::Iteration& iteration) {
        step_ = iteration.number;
        at_restart_ = iteration.restarts;
        Step step{moment(), measures};
        // The last evaluation of a line search is the one that it took.
        step.measures.objective = iteration.objective;
        step.measures.columns["gradient_norm"] = iteration.gradient_norm;
        step.measures.columns["step_length"] = iteration.step_length;
        problem_.stepped(all, step.moment, step.measures);
        watch(step);
        return true;
      });
  at_restart_ = true;
  outcome_ = outcome_text(result);
}

}  // namespace eigenprop
