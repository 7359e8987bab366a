#include "optimization/batch_minimizer.hpp"

#include <petsctao.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>

#include "runtime/error.hpp"
#include "runtime/petsc_handles.hpp"

namespace eigenprop {
namespace {

using TaoHandle = PetscHandle<Tao, TaoDestroy>;
using ScatterHandle = PetscHandle<VecScatter, VecScatterDestroy>;

bool varies(const Parameter& parameter) { return parameter.rate_factor != 0; }

/// f(parameter, its first place in the vector of all that vary).
template <class F>
void for_each_place(const ParameterSet& parameters, const F& f) {
  std::int64_t place = 0;
  for (const auto& parameter : parameters) {
    if (!varies(*parameter)) continue;
    f(*parameter, place);
    place += parameter->value.shape().size();
  }
}

void set_parameters(const ParameterSet& parameters, const double* all) {
  for_each_place(parameters, [&](const Parameter& parameter, std::int64_t place) {
    parameter.value.visit([&](const auto& tensor) {
      using T = typename std::decay_t<decltype(tensor)>::value_type;
      const double* begin = all + place;
      std::vector<T> values;
      for (std::int64_t i = 0; i < tensor.size(); ++i) values.push_back(static_cast<T>(begin[i]));
      from_host(tensor, values);
    });
  });
}

enum class Part { value, adjoint };

std::vector<double> collect(const ParameterSet& parameters, Part part) {
  std::vector<double> all;
  for_each_place(parameters, [&](const Parameter& parameter, std::int64_t) {
    (part == Part::value ? parameter.value : parameter.adjoint).visit([&](const auto& tensor) {
      for (const auto value : to_host(tensor)) all.push_back(static_cast<double>(value));
    });
  });
  return all;
}

double norm(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  if (!(largest > 0) || !std::isfinite(largest)) return largest;
  double sum = 0;
  for (const double value : values) sum += value / largest * (value / largest);
  return largest * std::sqrt(sum);
}

/// Own entries of a distributed vector <- those of `all`.
void set_own(Vec vector, const std::vector<double>& all) {
  PetscInt first = 0, last = 0;
  double* own = nullptr;
  check_petsc(VecGetOwnershipRange(vector, &first, &last));
  check_petsc(VecGetArrayWrite(vector, &own));
  std::copy(all.begin() + first, all.begin() + last, own);
  check_petsc(VecRestoreArrayWrite(vector, &own));
}

/// One call of TaoSolve: what its callbacks need. An exception waits here while TAO's C code
/// returns.
struct Solve {
  ParameterSet& parameters;
  const BatchMinimizer::Objective& objective;
  const BatchMinimizer::Monitor& monitor;
  const Communicator& comm;
  std::int64_t before;  ///< iterations of earlier calls
  std::int64_t last;    ///< the iteration after which the next call begins
  double gradient_tolerance;
  double finite;                 ///< the last finite objective
  std::vector<double> accepted;  ///< all parameters that vary, at the last iteration
  VecHandle everything = {};     ///< all entries, on every rank
  ScatterHandle gather = {};
  std::int64_t done = 0;
  bool stopped = false;
  std::exception_ptr error = nullptr;

  void load(Vec x) {
    check_petsc(VecScatterBegin(gather.get(), x, everything.get(), INSERT_VALUES, SCATTER_FORWARD));
    check_petsc(VecScatterEnd(gather.get(), x, everything.get(), INSERT_VALUES, SCATTER_FORWARD));
    const double* all = nullptr;
    check_petsc(VecGetArrayRead(everything.get(), &all));
    set_parameters(parameters, all);
    check_petsc(VecRestoreArrayRead(everything.get(), &all));
  }
};

template <class F>
PetscErrorCode guarded(Solve& solve, const F& f) {
  try {
    f();
    return 0;
  } catch (...) {
    solve.error = std::current_exception();
    return PETSC_ERR_USER;
  }
}

PetscErrorCode evaluate(Tao, Vec x, PetscReal* value, Vec gradient, void* context) {
  auto& solve = *static_cast<Solve*>(context);
  return guarded(solve, [&] {
    solve.load(x);
    double objective = solve.objective();
    const auto slopes = collect(solve.parameters, Part::adjoint);
    if (!std::isfinite(norm(slopes))) objective = std::numeric_limits<double>::quiet_NaN();
    // The same bits on all ranks, whatever the order of their sums.
    solve.comm.broadcast(&objective, 1);
    if (std::isfinite(objective)) {
      solve.finite = objective;
      set_own(gradient, slopes);
    } else {
      // A step too far is no error. TAO's line searches give up at infinity, but come back from a
      // plateau high above.
      objective = solve.finite + 1e6 * (1 + std::abs(solve.finite));
      check_petsc(VecSet(gradient, 0));
    }
    *value = objective;
  });
}

PetscErrorCode watch(Tao tao, void* context) {
  auto& solve = *static_cast<Solve*>(context);
  return guarded(solve, [&] {
    PetscInt count = 0;
    PetscReal objective = 0, norm = 0, infeasibility = 0, step = 0;
    TaoConvergedReason reason = TAO_CONTINUE_ITERATING;
    check_petsc(
        TaoGetSolutionStatus(tao, &count, &objective, &norm, &infeasibility, &step, &reason));
    check_petsc(TaoDefaultConvergenceTest(tao, nullptr));
    check_petsc(TaoGetConvergedReason(tao, &reason));
    if (reason == TAO_CONTINUE_ITERATING && norm <= solve.gradient_tolerance)
      check_petsc(TaoSetConvergedReason(tao, TAO_CONVERGED_GATOL));
    if (count <= solve.done) return;
    solve.done = count;
    BatchMinimizer::Iteration iteration;
    iteration.number = solve.before + count;
    iteration.objective = objective;
    iteration.gradient_norm = norm;
    iteration.step_length = step;
    iteration.restarts = iteration.number == solve.last;
    // What the monitor scores or stores is this point, not the last one that the line search tried.
    Vec x = nullptr;
    check_petsc(TaoGetSolution(tao, &x));
    solve.load(x);
    solve.accepted = collect(solve.parameters, Part::value);
    if (!solve.monitor(iteration)) {
      solve.stopped = true;
      check_petsc(TaoSetConvergedReason(tao, TAO_CONVERGED_USER));
    }
  });
}

// TAO's line searches end with an error where a slope is zero or a step has no place to lie. All
// else is no matter of the function that is minimized.
void require_failed_search(PetscErrorCode status, std::int64_t iteration) {
  if (status == PETSC_ERR_ARG_OUTOFRANGE || status == PETSC_ERR_FP ||
      status == PETSC_ERR_NOT_CONVERGED)
    return;
  throw Error(
      "the minimizer fails after iteration " + std::to_string(iteration) +
      (status == PETSC_ERR_MEM ? ": out of memory" : "; its options (-tao_...) may not fit") +
      " (PETSc error " + std::to_string(status) + ")");
}

}  // namespace

BatchMinimizer::BatchMinimizer(ParameterSet& parameters, const BatchMinimizerSettings& settings,
                               const Communicator& comm)
    : parameters_(parameters), settings_(settings), comm_(comm.get()) {
  for_each_place(parameters, [&](const Parameter& parameter, std::int64_t) {
    size_ += parameter.value.shape().size();
  });
  require(size_ > 0, "there is no parameter to be trained");
  require(settings.restart > 0, "the iterations between restarts must be positive");
}

BatchMinimizer::Outcome BatchMinimizer::minimize(std::int64_t first, std::int64_t iterations,
                                                 const Objective& objective,
                                                 const Monitor& monitor) {
  std::int64_t done = first;
  bool fresh = false;  // the line search failed, and the solver has started afresh since
  while (done < iterations) {
    const double begin = objective();
    if (!std::isfinite(begin))
      throw NonFiniteError("the objective is not finite at iteration " + std::to_string(done));
    gradient_norm_ = norm(collect(parameters_, Part::adjoint));
    comm_.broadcast(&gradient_norm_, 1);
    if (!std::isfinite(gradient_norm_))
      throw NonFiniteError("the gradient is not finite at iteration " + std::to_string(done));
    // TAO's line searches call a slope of zero an error. A square that underflows is one.
    if (gradient_norm_ * gradient_norm_ == 0 || gradient_norm_ <= settings_.gradient_tolerance) {
      reason_ = "the gradient is zero, or within the tolerance";
      return Outcome::converged;
    }
    Solve solve{parameters_,
                objective,
                monitor,
                comm_,
                done,
                std::min(iterations, (done / settings_.restart + 1) * settings_.restart),
                settings_.gradient_tolerance,
                begin,
                collect(parameters_, Part::value)};
    VecHandle x;
    check_petsc(VecCreateMPI(comm_.get(), PETSC_DECIDE, petsc_int(size_), x.address()));
    check_petsc(VecScatterCreateToAll(x.get(), solve.gather.address(), solve.everything.address()));
    set_own(x.get(), solve.accepted);
    TaoHandle tao;
    check_petsc(TaoCreate(comm_.get(), tao.address()));
    check_petsc(TaoSetType(tao.get(), settings_.method.c_str()));
    check_petsc(TaoSetSolution(tao.get(), x.get()));
    check_petsc(TaoSetObjectiveAndGradient(tao.get(), nullptr, evaluate, &solve));
    check_petsc(TaoSetConvergenceTest(tao.get(), watch, &solve));
    // Tolerances of TAO's own act where the command line sets them.
    check_petsc(TaoSetTolerances(tao.get(), 0, 0, 0));
    check_petsc(TaoSetOptionsPrefix(tao.get(), settings_.prefix.c_str()));
    check_petsc(TaoSetFromOptions(tao.get()));
    check_petsc(TaoSetMaximumIterations(tao.get(), petsc_int(solve.last - done)));
    const PetscErrorCode status = TaoSolve(tao.get());
    if (solve.error) std::rethrow_exception(solve.error);
    TaoConvergedReason reason = TAO_CONTINUE_ITERATING;
    if (status == 0) {
      solve.load(x.get());
      check_petsc(TaoGetConvergedReason(tao.get(), &reason));
      reason_ = TaoConvergedReasons[reason];
    } else {
      // All ranks fail alike: what TAO decides by are sums over all of them, of the same bits.
      require_failed_search(status, done + solve.done);
      set_parameters(parameters_, solve.accepted.data());
      reason_ = "the line search failed";
    }
    done += solve.done;
    if (solve.stopped) return Outcome::stopped;
    if (reason > 0) return Outcome::converged;
    if (done == solve.last) {
      fresh = false;
    } else {
      // Away from steepest descent a search may fail only for the history's sake.
      if (fresh && solve.done == 0) return Outcome::stuck;
      fresh = true;
    }
  }
  return Outcome::iterations_done;
}

const char* outcome_text(BatchMinimizer::Outcome outcome) {
  switch (outcome) {
    case BatchMinimizer::Outcome::converged:
      return "converged";
    case BatchMinimizer::Outcome::stopped:
      return "stopped on request";
    case BatchMinimizer::Outcome::stuck:
      return "the line search finds no descent: as far as the precision reaches";
    default:
      return "all iterations done";
  }
}

}  // namespace eigenprop
