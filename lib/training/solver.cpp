#include "training/solver.hpp"

#include "training/alternation.hpp"
#include "training/full_batch.hpp"
#include "training/minibatch_descent.hpp"

namespace eigenprop {

std::unique_ptr<Solver> make_solver(const SolverSettings& settings, Problem& problem,
                                    const Communicator& comm) {
  if (settings.by_batches()) return std::make_unique<MinibatchDescent>(settings, problem, comm);
  if (problem.alternates()) return std::make_unique<Alternation>(settings, problem, comm);
  return std::make_unique<FullBatch>(settings, problem, comm);
}

}  // namespace eigenprop
