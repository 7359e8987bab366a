#include "graph/graph.hpp"

#include <algorithm>
#include <utility>

#include "graph/execution.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

namespace {

// Plans without their memory are small, and quickly made again: as many as the shapes of a
// training, views of both orientations in both modes, some of them of another last batch.
constexpr std::size_t most_plans = 8;

}  // namespace

Graph::Graph(std::uint32_t seed, const ExecutionSpace& space)
    : seed_(seed), space_(space), memory_(std::make_shared<ExecutionMemory>()) {}
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

Value Graph::list_input(const std::string& name) {
  const Value value = input(name, Precision::i32);
  values_.back().is_list = true;
  return value;
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

Value Graph::layer(const std::string& name) const {
  std::string known;
  for (const auto& node : nodes_) {
    if (node.name == name) return {node.outputs.front()};
    known += (known.empty() ? "" : ", ") + node.name;
  }
  throw InputError("there is no layer '" + name + "'; there are: " + known);
}

Execution& Graph::plan(const std::vector<TensorSpec>& inputs, Mode mode) {
  const auto found = std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) {
    return plan->is_for(inputs, mode) && plan->take_lists(inputs);
  });
  if (found != plans_.end()) {
    if (found != plans_.begin()) plans_.front()->leave();
    std::rotate(plans_.begin(), found, found + 1);
  } else {
    auto execution = std::make_unique<Execution>(*this, inputs, mode, kept_values(), memory_);
    if (!plans_.empty()) plans_.front()->leave();
    // Others would keep the older memory alive beside the new one.
    if (execution->value_bytes() > memory_->values.bytes()) plans_.clear();
    if (plans_.size() == most_plans) plans_.pop_back();
    execution->allocate();
    plans_.insert(plans_.begin(), std::move(execution));
  }
  memory_->current = plans_.front().get();
  return *plans_.front();
}

std::vector<int> Graph::kept_values() const {
  std::vector<int> kept;
  for (const auto& [name, index] : outputs_) kept.push_back(index);
  return kept;
}

std::int64_t Graph::memory_of(const std::vector<TensorSpec>& inputs, Mode mode,
                              const std::vector<Value>& seeds) const {
  Execution execution(*this, inputs, mode, kept_values(), std::make_shared<ExecutionMemory>());
  std::int64_t bytes = Arena::with_reserve(execution.value_bytes());
  if (!seeds.empty()) bytes += Arena::with_reserve(execution.adjoint_bytes(seeds));
  return bytes;
}

std::int64_t Graph::bytes() const { return memory_->values.bytes() + memory_->adjoints.bytes(); }

TensorSpec Graph::infer(Value of, const std::vector<TensorSpec>& inputs) const {
  std::vector<char> needed(values_.size(), 0);
  needed[static_cast<std::size_t>(of.index)] = 1;
  for (std::size_t n = nodes_.size(); n-- > 0;) {
    const auto& node = nodes_[n];
    const bool active = std::any_of(node.outputs.begin(), node.outputs.end(), [&](int output) {
      return needed[static_cast<std::size_t>(output)] != 0;
    });
    if (!active) continue;
    for (const int input : node.inputs) needed[static_cast<std::size_t>(input)] = 1;
    for (const int output : node.outputs) needed[static_cast<std::size_t>(output)] = 1;
  }
  std::vector<TensorSpec> specs(values_.size());
  for (std::size_t v = 0; v < values_.size(); ++v) {
    const auto& info = values_[v];
    if (info.parameter) {
      specs[v] = {info.parameter->value.shape(), info.parameter->value.precision()};
    } else if (info.input >= 0 && needed[v]) {
      require(static_cast<std::size_t>(info.input) < inputs.size(),
              "the shape of input '" + info.name + "' is not known");
      specs[v] = inputs[static_cast<std::size_t>(info.input)];
    }
  }
  for (const auto& node : nodes_) {
    if (!needed[static_cast<std::size_t>(node.outputs[0])]) continue;
    std::vector<TensorSpec> node_inputs;
    for (const int input : node.inputs)
      node_inputs.push_back(specs[static_cast<std::size_t>(input)]);
    const auto plan = plan_node(node.name, *node.operation, node_inputs, node.outputs.size());
    for (std::size_t i = 0; i < node.outputs.size(); ++i)
      specs[static_cast<std::size_t>(node.outputs[i])] = plan.outputs[i];
  }
  return specs[static_cast<std::size_t>(of.index)];
}

void Graph::release_plans() {
  plans_.clear();
  memory_->values.release();
  memory_->adjoints.release();
  memory_->current = nullptr;
}

}  // namespace eigenprop
