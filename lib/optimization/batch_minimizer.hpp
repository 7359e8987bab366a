#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "graph/parameter.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

struct BatchMinimizerSettings {
  /// PETSc's name of a TAO solver that needs no Hessian: "cg" (nonlinear conjugate gradients),
  /// "lmvm" (limited-memory quasi-Newton, BFGS), or others; `-tao_type` overrides it.
  std::string method = "cg";
  /// Iterations after which the solver starts afresh from steepest descent, forgetting its history:
  /// there, and there alone, the parameters are all that a continuation needs.
  std::int64_t restart = 20;
  std::string prefix;  ///< of TAO's options on the command line: "codes_" for `-codes_tao_type`
  double gradient_tolerance = 0;  ///< stops where the gradient's norm is at most this
};

/// Minimization of a function of all parameters of a graph through PETSc's TAO; all its options act
/// from the command line (`-tao_cg_type prp`, `-tao_ls_type armijo`, `-tao_monitor`, ...).
///
/// The solver's vectors are spread over the ranks; a copy of all parameters goes to every rank for
/// each evaluation. Parameters whose rate factor is 0 stay fixed.
class BatchMinimizer {
 public:
  struct Iteration {
    std::int64_t number = 0;  ///< 1 for the first
    double objective = 0;
    double gradient_norm = 0;
    double step_length = 0;
    /// The solver starts afresh after this iteration: the moment for a checkpoint.
    bool restarts = false;
  };
  enum class Outcome {
    iterations_done,
    converged,  ///< a tolerance of TAO's is met, or the gradient's, or the gradient is zero
    stopped,    ///< the monitor said so
    stuck       ///< the line search finds no descent, directly after a restart
  };

  /// Value at the present parameters, the same on every rank; leaves the gradient, summed over
  /// ranks, in the parameters' adjoints.
  using Objective = std::function<double()>;
  /// Called after every iteration, on every rank, with the parameters at its point; returns false
  /// to stop.
  using Monitor = std::function<bool(const Iteration&)>;

  /// `parameters` must outlive this. Throws InputError where none of them may change, or where
  /// `restart` is not positive. Collective over `comm`.
  BatchMinimizer(ParameterSet& parameters, const BatchMinimizerSettings& settings,
                 const Communicator& comm);

  /// Minimizes from the present parameters, which end as the best that was found. `first`
  /// iterations were done before, by an earlier run up to a restart: the rest is the same as
  /// without the interruption. Exceptions that `objective` or `monitor` throw pass through. Throws
  /// NonFiniteError where objective or gradient are not finite at the start. Collective.
  Outcome minimize(std::int64_t first, std::int64_t iterations, const Objective& objective,
                   const Monitor& monitor);

  /// Why TAO ended last, in its own words.
  const std::string& reason() const { return reason_; }

  /// Norm of the gradient where TAO started last: after no iteration, that of where it ended.
  double gradient_norm() const { return gradient_norm_; }

 private:
  ParameterSet& parameters_;
  BatchMinimizerSettings settings_;
  Communicator comm_;
  std::int64_t size_ = 0;
  std::string reason_;
  double gradient_norm_ = 0;
};

/// An outcome in words.
const char* outcome_text(BatchMinimizer::Outcome outcome);

}  // namespace eigenprop
