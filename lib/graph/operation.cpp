#include "graph/operation.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

OperationPlan plan_node(const std::string& layer, const Operation& operation,
                        const std::vector<TensorSpec>& inputs, std::size_t outputs) {
  OperationPlan plan;
  try {
    plan = operation.plan(inputs);
  } catch (const InputError&) {
    rethrow_with_prefix("layer '" + layer + "': ");
  }
  require(plan.outputs.size() == outputs, "layer '" + layer + "' has " +
                                              std::to_string(plan.outputs.size()) +
                                              " outputs, not " + std::to_string(outputs));
  return plan;
}

void require_inputs(const std::string& type, const std::vector<TensorSpec>& inputs,
                    std::size_t count) {
  require(inputs.size() == count, type + " takes " + std::to_string(count) + " inputs, not " +
                                      std::to_string(inputs.size()));
}

void require_input(const std::string& type, const std::vector<TensorSpec>& inputs, std::size_t i,
                   Precision precision, int rank) {
  const auto& spec = inputs[i];
  require(spec.precision == precision, type + ": input " + std::to_string(i) + " is " +
                                           precision_name(spec.precision) + ", not " +
                                           precision_name(precision));
  require(rank < 0 || spec.shape.rank() == rank, type + ": input " + std::to_string(i) +
                                                     " has shape " + spec.shape.text() + ", not " +
                                                     std::to_string(rank) + " dimensions");
}

}  // namespace eigenprop
