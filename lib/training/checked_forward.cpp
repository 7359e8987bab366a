#include "training/checked_forward.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

void checked_forward(Execution& execution, Value objective, const RandomKey& key) {
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
      failure + (layer ? "; the first layer that is not finite is '" + *layer + "'" : ""),
      SourceLocation::current(), sample);
}

}  // namespace eigenprop
