#include "training/minibatch_descent.hpp"

#include <algorithm>

#include "data/sampling.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

MinibatchDescent::MinibatchDescent(const SolverSettings& settings, Problem& problem,
                                   const Communicator& comm)
    : settings_(settings),
      problem_(problem),
      gradient_(problem.parameters(), comm),
      optimizer_(problem.parameters(), settings.optimizer),
      schedule_(settings.schedule, static_cast<double>(settings.epochs)) {
  check_solver_settings(settings);
}

std::int64_t MinibatchDescent::steps_per_epoch() const {
  return (problem_.size() + settings_.batch - 1) / settings_.batch;
}

Moment MinibatchDescent::moment() const {
  const std::int64_t steps = steps_per_epoch();
  return {step_, static_cast<double>(step_) / static_cast<double>(steps),
          step_ > 0 && step_ % steps == 0, false};
}

const Batch& MinibatchDescent::next_batch() {
  batch_.epoch = step_ / steps_per_epoch();
  if (batch_.epoch != epoch_) {
    epoch_ = batch_.epoch;
    order_ = epoch_order(problem_.size(), settings_.seed, epoch_);
  }
  batch_.first = step_ % steps_per_epoch() * settings_.batch;
  const std::int64_t end = std::min(batch_.first + settings_.batch, problem_.size());
  batch_.samples.assign(order_.begin() + batch_.first, order_.begin() + end);
  return batch_;
}

void MinibatchDescent::run(const Watch& watch, StopNotice* stop) {
  while (step_ < total_steps()) {
    const Batch& batch = next_batch();
    Step step;
    gradient_.begin();
    try {
      step.measures = problem_.evaluate(batch, &gradient_, stop);
    } catch (const Interrupted&) {
      // Completes what is on its way; the parameters stay as they were.
      gradient_.finish(0);
      throw;
    } catch (const Error&) {
      rethrow_with_prefix("after " + std::to_string(step_) + " steps: ");
    }
    gradient_.finish(step.measures.gradient_scale);
    ++step_;
    step.moment = moment();
    const double rate = schedule_.rate(step.moment.epoch);
    step.measures.columns["learning_rate"] = rate;
    try {
      step.measures.columns["gradient_norm"] = optimizer_.step(rate);
    } catch (const Error&) {
      rethrow_with_prefix("at step " + std::to_string(step_) + ": ");
    }
    problem_.stepped(batch, step.moment, step.measures);
    watch(step);
  }
}

void MinibatchDescent::save(Checkpoint& checkpoint) const {
  checkpoint.step = step_;
  const auto& parameters = problem_.parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p)
    checkpoint.optimizer["velocity"][parameters[p]->name] = optimizer_.velocities()[p];
}

void MinibatchDescent::restore(const Checkpoint& checkpoint, const std::string& path) {
  const std::string what = "checkpoint '" + path + "'";
  const auto slot = checkpoint.optimizer.find("velocity");
  require(slot != checkpoint.optimizer.end(), what + " holds no state of the optimizer");
  const auto& parameters = problem_.parameters();
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const auto& name = parameters[p]->name;
    const auto found = slot->second.find(name);
    require(found != slot->second.end(), what + " lacks the velocity of '" + name + "'");
    require(found->second.shape() == parameters[p]->value.shape() &&
                found->second.precision() == parameters[p]->value.precision(),
            what + " holds a velocity of '" + name + "' of another shape or precision");
    copy(optimizer_.velocities()[p], found->second);
  }
  step_ = checkpoint.step;
}

}  // namespace eigenprop
