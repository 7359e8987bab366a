#include "training/gradient_sum.hpp"

namespace eigenprop {

void GradientSum::add(Execution& execution, const Execution::Seeds& seeds, bool last) {
  execution.backward(seeds, [&](Parameter& parameter) {
    if (last) {
      exchange_.add_last(parameter);
    } else {
      exchange_.add(parameter);
    }
  });
}

void GradientSum::add_adjoints(const ParameterSet& parameters) {
  for (const auto& parameter : parameters) exchange_.add_last(*parameter);
}

}  // namespace eigenprop
