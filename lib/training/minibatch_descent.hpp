#pragma once

#include <vector>

#include "training/solver.hpp"

namespace eigenprop {

/// Data-parallel stochastic gradient descent with momentum. An epoch visits all samples in an order
/// that depends on (seed, epoch) alone; views, masks and sums over units do not depend on ranks, so
/// that the course of the objective does not either. Every step can be continued from.
class MinibatchDescent : public Solver {
 public:
  /// `problem` must outlive this. Throws InputError where settings are out of range. Collective.
  MinibatchDescent(const SolverSettings& settings, Problem& problem, const Communicator& comm);

  std::int64_t total_steps() const override { return steps_per_epoch() * settings_.epochs; }
  std::int64_t steps_per_epoch() const;
  Moment moment() const override;
  void run(const Watch& watch, StopNotice* stop) override;
  void save(Checkpoint& checkpoint) const override;
  void restore(const Checkpoint& checkpoint, const std::string& path) override;

 private:
  const Batch& next_batch();

  SolverSettings settings_;
  Problem& problem_;
  GradientSum gradient_;
  MomentumSgd optimizer_;
  Schedule schedule_;
  std::vector<std::int64_t> order_;  ///< of the samples in epoch_
  std::int64_t epoch_ = -1;
  Batch batch_;
};

}  // namespace eigenprop
