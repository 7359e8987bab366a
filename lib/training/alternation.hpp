#pragma once

#include "training/full_batch.hpp"

namespace eigenprop {

/// Alternates, over all samples, between a search for the problem's other unknowns (codes of a
/// dictionary) and a minimization over the parameters by TAO, of settings.restart iterations, while
/// they are kept. Steps are alternations; each can be continued from.
class Alternation : public Solver {
 public:
  /// `problem` must alternate, and outlive this. Collective over `comm`.
  Alternation(const SolverSettings& settings, Problem& problem, const Communicator& comm);

  std::int64_t total_steps() const override { return settings_.iterations; }
  Moment moment() const override { return {step_, static_cast<double>(step_), step_ > 0, true}; }
  void run(const Watch& watch, StopNotice* stop) override;
  void save(Checkpoint& checkpoint) const override { checkpoint.step = step_; }
  void restore(const Checkpoint& checkpoint, const std::string&) override {
    step_ = checkpoint.step;
  }

 private:
  SolverSettings settings_;
  Problem& problem_;
  GradientSum gradient_;
  BatchMinimizer minimizer_;
};

}  // namespace eigenprop
