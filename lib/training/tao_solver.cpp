#include "training/tao_solver.hpp"

namespace eigenprop {
namespace {

BatchMinimizerSettings minimizer_settings(const SolverSettings& settings) {
  BatchMinimizerSettings minimizer;
  minimizer.method = settings.method;
  minimizer.restart = settings.restart;
  minimizer.gradient_tolerance = settings.tolerance;
  return minimizer;
}

}  // namespace

TaoSolver::TaoSolver(const SolverSettings& settings, Problem& problem, const Communicator& comm)
    : settings_(settings),
      problem_(problem),
      minimizer_(problem.parameters(), minimizer_settings(settings), comm),
      gradient_(problem.parameters(), comm) {}

double TaoSolver::evaluate(const Batch& batch, StopNotice* stop, Measures& measures) {
  gradient_.begin();
  try {
    measures = problem_.evaluate(batch, &gradient_, stop);
  } catch (const Interrupted&) {
    // Completes what is on its way.
    gradient_.finish(0);
    throw;
  }
  gradient_.finish(measures.gradient_scale);
  return measures.objective;
}

void TaoSolver::tell(const BatchMinimizer::Iteration& iteration, Measures& measures) {
  measures.objective = iteration.objective;
  measures.columns["gradient_norm"] = iteration.gradient_norm;
  measures.columns["step_length"] = iteration.step_length;
}

}  // namespace eigenprop
