#include "models/gradient_descent.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

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
