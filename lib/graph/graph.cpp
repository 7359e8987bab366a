#include "graph/graph.hpp"

#include <utility>

#include "graph/execution.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

Graph::~Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;

Value Graph::input(const std::string& name, Precision precision, bool differentiable) {
  require(!differentiable || precision != Precision::i32,
          "integers ('" + name + "') have no derivative");
  ValueInfo info;
  info.name = name;
  info.input = static_cast<int>(inputs_.size());
  info.precision = precision;
  info.differentiable = differentiable;
  values_.push_back(info);
  inputs_.push_back(static_cast<int>(values_.size()) - 1);
  return {inputs_.back()};
}

Value Graph::parameter(const std::string& name, const TensorSpec& spec,
                       const Initializer& initializer, double rate_factor, double decay_factor) {
  if (auto existing = parameters_.find(name)) {
    require(existing->value.shape() == spec.shape && existing->value.precision() == spec.precision,
            "parameter '" + name + "' is shared with another shape " + spec.shape.text());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (values_[i].parameter == existing) return {static_cast<int>(i)};
    }
  }
  ValueInfo info;
  info.name = name;
  info.parameter = parameters_.create(name, spec, initializer, seed_);
  info.parameter->rate_factor = rate_factor;
  info.parameter->decay_factor = decay_factor;
  info.precision = spec.precision;
  info.differentiable = true;
  values_.push_back(info);
  return {static_cast<int>(values_.size()) - 1};
}

std::vector<Value> Graph::apply(const std::string& name, std::shared_ptr<const Operation> operation,
                                const std::vector<Value>& inputs, int output_count) {
  Node node;
  node.name = name;
  node.operation = std::move(operation);
  bool differentiable = false;
  for (const Value input : inputs) {
    require(input.index >= 0 && input.index < static_cast<int>(values_.size()),
            "layer '" + name + "' uses a value of another graph");
    node.inputs.push_back(input.index);
    differentiable =
        differentiable || values_[static_cast<std::size_t>(input.index)].differentiable;
  }
  std::vector<Value> outputs;
  for (int i = 0; i < output_count; ++i) {
    ValueInfo info;
    info.name = output_count == 1 ? name : name + "." + std::to_string(i);
    info.node = static_cast<int>(nodes_.size());
    info.output = i;
    info.differentiable = differentiable;
    values_.push_back(info);
    node.outputs.push_back(static_cast<int>(values_.size()) - 1);
    outputs.push_back({node.outputs.back()});
  }
  nodes_.push_back(std::move(node));
  return outputs;
}

Value Graph::apply(const std::string& name, std::shared_ptr<const Operation> operation,
                   const std::vector<Value>& inputs) {
  return apply(name, std::move(operation), inputs, 1)[0];
}

void Graph::name_output(const std::string& name, Value value) { outputs_[name] = value.index; }

Value Graph::output(const std::string& name) const {
  const auto found = outputs_.find(name);
  require(found != outputs_.end(), "the graph has no output '" + name + "'");
  return {found->second};
}

Execution& Graph::plan(const std::vector<TensorSpec>& inputs, Mode mode) {
  auto& execution = executions_[PlanKey(mode, inputs)];
  if (!execution) {
    std::vector<int> kept;
    for (const auto& [name, index] : outputs_) kept.push_back(index);
    execution = std::make_unique<Execution>(*this, inputs, mode, kept);
  }
  return *execution;
}

void Graph::release_plans() { executions_.clear(); }

}  // namespace eigenprop
