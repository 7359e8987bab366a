#pragma once

#include "training/tao_solver.hpp"

namespace eigenprop {

/// Alternates, over all samples, between a search for the problem's other unknowns (codes of a
/// dictionary) and a minimization over the parameters by TAO, of settings.restart iterations, while
/// they are kept. Steps are alternations; each can be continued from.
class Alternation : public TaoSolver {
 public:
  /// `problem` must alternate, and outlive this. Collective over `comm`.
  Alternation(const SolverSettings& settings, Problem& problem, const Communicator& comm);

  Moment moment() const override { return {step_, static_cast<double>(step_), step_ > 0, true}; }
  void run(const Watch& watch, StopNotice* stop) override;
};

}  // namespace eigenprop
