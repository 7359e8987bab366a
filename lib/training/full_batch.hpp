#pragma once

#include <functional>

#include "optimization/batch_minimizer.hpp"
#include "training/solver.hpp"

namespace eigenprop {

/// Minimization over all samples at once by PETSc's TAO: conjugate gradients or quasi-Newton. Steps
/// are its iterations. TAO's history cannot be stored: continuations begin at restarts.
class FullBatch : public Solver {
 public:
  /// `problem` must outlive this. Collective over `comm`.
  FullBatch(const SolverSettings& settings, Problem& problem, const Communicator& comm);

  std::int64_t total_steps() const override { return settings_.iterations; }
  Moment moment() const override;
  bool resumable() const override { return at_restart_; }
  void run(const Watch& watch, StopNotice* stop) override;
  std::string outcome() const override { return outcome_; }
  void save(Checkpoint& checkpoint) const override { checkpoint.step = step_; }
  void restore(const Checkpoint& checkpoint, const std::string&) override {
    step_ = checkpoint.step;
  }

 private:
  SolverSettings settings_;
  Problem& problem_;
  GradientSum gradient_;
  BatchMinimizer minimizer_;
  bool at_restart_ = true;
  std::string outcome_;
};

/// The objective over `batch` with its gradient in the parameters' adjoints, as BatchMinimizer
/// takes it; `measures` are those of the last evaluation. Collective.
double evaluate_with_gradient(Problem& problem, const Batch& batch, GradientSum& gradient,
                              StopNotice* stop, Measures& measures);

/// The settings of TAO's part of a solver.
BatchMinimizerSettings minimizer_settings(const SolverSettings& settings);

}  // namespace eigenprop
