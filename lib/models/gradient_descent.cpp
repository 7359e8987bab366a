#include "models/gradient_descent.hpp"

#include <cctype>
#include <string>

#include "runtime/error.hpp"

namespace eigenprop {

void declare_descent_options(CommandLine& line, MomentumSgdSettings& optimizer,
                             ScheduleSettings& schedule, const std::string& prefix) {
  // A sentence of its own begins with a capital.
  const auto help = [&](std::string text) {
    if (prefix.empty()) text[0] = static_cast<char>(std::toupper(text[0]));
    return prefix + text;
  };
  line.option("train.momentum", optimizer.momentum, help("momentum of the gradient descent"));
  line.option("train.clip_norm", optimizer.clip_norm,
              help("largest norm of the gradient; 0: no clipping"));
  line.choice("train.schedule", schedule.kind, {"constant", "step", "cosine"},
              help("course of the learning rate"));
  line.option("train.rate", schedule.rate, help("learning rate"));
  line.option("train.final_fraction", schedule.final_fraction,
              help("last rate of a cosine as a fraction of the first"));
  line.option("train.step_factor", schedule.step_factor,
              help("factor of the rate at each milestone"));
  line.option("train.milestones", schedule.milestones, help("epochs where the rate steps down"));
  line.option("train.warmup_epochs", schedule.warmup_epochs,
              help("epochs in which the rate rises from 0"));
}

void checked_forward(Execution& execution, Value objective, const RandomKey& key,
                     std::int64_t steps) {
  std::string failure;
  std::int64_t sample = -1;
  try {
    execution.forward(key);
    if (all_finite(execution.value(objective))) return;
    failure = "the objective is not finite";
  } catch (const NonFiniteError& error) {
    failure = error.what();
    sample = error.sample();
  }
  const auto layer = execution.first_non_finite();
  throw NonFiniteError(
      failure + " after " + std::to_string(steps) + " steps" +
          (layer ? "; the first layer that is not finite is '" + *layer + "'" : ""),
      SourceLocation::current(), sample);
}

GradientDescent::GradientDescent(ParameterSet& parameters, const MomentumSgdSettings& optimizer,
                                 const ScheduleSettings& schedule, double epochs,
                                 const Communicator& comm)
    : parameters_(parameters),
      exchange_(parameters, comm),
      optimizer_(parameters, optimizer),
      schedule_(schedule, epochs) {}

void GradientDescent::backward(Execution& execution, const Execution::Seeds& seeds, bool last) {
  execution.backward(seeds, [&](Parameter& parameter) {
    if (last) {
      exchange_.add_last(parameter);
    } else {
      exchange_.add(parameter);
    }
  });
}

GradientDescent::Step GradientDescent::finish(double scale, double epoch) {
  exchange_.finish(scale);
  Step step;
  step.learning_rate = schedule_.rate(epoch);
  step.gradient_norm = optimizer_.step(step.learning_rate);
  return step;
}

void GradientDescent::save(Checkpoint& checkpoint) const {
  checkpoint.parameters = parameter_values(parameters_);
  for (std::size_t p = 0; p < parameters_.size(); ++p)
    checkpoint.optimizer["velocity"][parameters_[p]->name] = optimizer_.velocities()[p];
}

void GradientDescent::restore(const Checkpoint& checkpoint, const std::string& what) {
  load_parameters(checkpoint.parameters, parameters_, what);
  const auto slot = checkpoint.optimizer.find("velocity");
  require(slot != checkpoint.optimizer.end(), what + " holds no state of the optimizer");
  for (std::size_t p = 0; p < parameters_.size(); ++p) {
    const auto& name = parameters_[p]->name;
    const auto found = slot->second.find(name);
    require(found != slot->second.end(), what + " lacks the velocity of '" + name + "'");
    copy(optimizer_.velocities()[p], found->second);
  }
}

}  // namespace eigenprop
