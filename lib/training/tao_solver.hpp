#pragma once

#include "optimization/batch_minimizer.hpp"
#include "training/solver.hpp"

namespace eigenprop {

/// What the solvers share that minimize over all samples at once by PETSc's TAO. Parameters and the
/// number of steps are all that a continuation needs.
class TaoSolver : public Solver {
 public:
  std::int64_t total_steps() const override { return settings_.iterations; }
  void save(Checkpoint& checkpoint) const override { checkpoint.step = step_; }
  void restore(const Checkpoint& checkpoint, const std::string&) override {
    step_ = checkpoint.step;
  }

 protected:
  /// `problem` must outlive this. Collective over `comm`.
  TaoSolver(const SolverSettings& settings, Problem& problem, const Communicator& comm);

  /// The objective over `batch` with its gradient in the parameters' adjoints, as BatchMinimizer
  /// takes it. Collective.
  double evaluate(const Batch& batch, StopNotice* stop, Measures& measures);

  /// Adds what TAO tells of an iteration to the measures of its last evaluation, which is the one
  /// that the line search took.
  static void tell(const BatchMinimizer::Iteration& iteration, Measures& measures);

  SolverSettings settings_;
  Problem& problem_;
  BatchMinimizer minimizer_;

 private:
  GradientSum gradient_;
};

}  // namespace eigenprop
