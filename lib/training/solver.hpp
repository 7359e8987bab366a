#pragma once

#include <functional>
#include <memory>
#include <string>

#include "optimization/solver_settings.hpp"
#include "training/problem.hpp"

namespace eigenprop {

/// Moves the parameters of a problem to lower values of its objective, step by step: minibatches
/// (minibatch_descent.hpp), all samples at once (full_batch.hpp), or alternation between parameters
/// and other unknowns (alternation.hpp).
class Solver {
 public:
  /// What is told of a step: the problem's measures with the solver's own columns.
  struct Step {
    Moment moment;
    Measures measures;
  };
  /// Called after every step, on every rank, with the parameters at its point.
  using Watch = std::function<void(const Step&)>;

  virtual ~Solver() = default;

  /// Steps in all; those done, where the solver has converged.
  virtual std::int64_t total_steps() const = 0;
  std::int64_t steps_done() const { return step_; }

  /// Where the training stands: after steps_done() steps.
  virtual Moment moment() const = 0;

  /// Whether parameters and save() are all that a continuation from here needs.
  virtual bool resumable() const { return true; }

  /// Steps from steps_done() to total_steps(). Throws Interrupted on all ranks where one was asked
  /// to stop; an unfinished step is then forgotten. Collective.
  virtual void run(const Watch& watch, StopNotice* stop) = 0;

  /// Why it ended, in words; empty where it did all steps.
  virtual std::string outcome() const { return ""; }

  /// State beside the parameters, to a checkpoint (with the step) and back. restore() throws
  /// InputError where the checkpoint holds none; `path` names the file.
  virtual void save(Checkpoint& checkpoint) const = 0;
  virtual void restore(const Checkpoint& checkpoint, const std::string& path) = 0;

 protected:
  std::int64_t step_ = 0;
};

/// The solver that `settings.method` and the problem ask for. `problem` must outlive it. Throws
/// InputError where settings are out of range. Collective over `comm`.
std::unique_ptr<Solver> make_solver(const SolverSettings& settings, Problem& problem,
                                    const Communicator& comm);

}  // namespace eigenprop
