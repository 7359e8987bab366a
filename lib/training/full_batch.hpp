#pragma once

#include "training/tao_solver.hpp"

namespace eigenprop {

/// Minimization over all samples at once by PETSc's TAO: conjugate gradients or quasi-Newton. Steps
/// are its iterations. TAO's history cannot be stored: continuations begin at restarts.
class FullBatch : public TaoSolver {
 public:
  /// `problem` must outlive this. Collective over `comm`.
  FullBatch(const SolverSettings& settings, Problem& problem, const Communicator& comm);

  Moment moment() const override;
  bool resumable() const override { return at_restart_; }
  void run(const Watch& watch, StopNotice* stop) override;
  std::string outcome() const override { return outcome_; }

 private:
  bool at_restart_ = true;
  std::string outcome_;
};

}  // namespace eigenprop
