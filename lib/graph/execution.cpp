#include "graph/execution.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

TensorSpec spec_of(const AnyTensor& tensor) { return {tensor.shape(), tensor.precision()}; }

// Runs one map of a layer; what goes wrong names the layer.
template <class Map>
void in_layer(const std::string& name, Map&& map) {
  try {
    map();
  } catch (const Error&) {
    rethrow_with_prefix("layer '" + name + "': ");
  }
}

}  // namespace

Execution::Execution(const Graph& graph, const std::vector<TensorSpec>& inputs, Mode mode,
                     const std::vector<int>& kept, std::shared_ptr<ExecutionMemory> memory)
    : space_(graph.space()),
      infos_(graph.values()),
      nodes_(graph.nodes()),
      inputs_(graph.inputs()),
      mode_(mode),
      memory_(std::move(memory)) {
  require(inputs.size() == inputs_.size(), "the graph has " + std::to_string(inputs_.size()) +
                                               " inputs, not " + std::to_string(inputs.size()));
  // Operations plan a buffer for each thread of the default instance.
  const int threads = host_space_of(space_).concurrency();
  const int most = HostExecutionSpace().concurrency();
  if (threads > most) {
    throw ConfigurationError("an execution-space instance of " + std::to_string(threads) +
                             " threads for a graph: the default one has " + std::to_string(most));
  }
  plan_shapes(inputs);
  plan_blocks(kept);
}

void Execution::plan_shapes(const std::vector<TensorSpec>& inputs) {
  specs_.resize(infos_.size());
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    const auto& info = infos_[v];
    if (info.input >= 0) {
      specs_[v] = inputs[index(info.input)];
      require(specs_[v].precision == info.precision, "input '" + info.name + "' is " +
                                                         precision_name(info.precision) + ", not " +
                                                         precision_name(specs_[v].precision));
    } else if (info.parameter) {
      specs_[v] = spec_of(info.parameter->value);
    }
  }
  states_.resize(nodes_.size());
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    states_[n].plan = plan_of(n);
    for (std::size_t i = 0; i < nodes_[n].outputs.size(); ++i)
      specs_[index(nodes_[n].outputs[i])] = states_[n].plan.outputs[i];
  }
}

OperationPlan Execution::plan_of(std::size_t n) const {
  const auto& node = nodes_[n];
  std::vector<TensorSpec> inputs;
  for (const int input : node.inputs) inputs.push_back(specs_[index(input)]);
  return plan_node(node.name, *node.operation, inputs, node.outputs.size());
}

// Inputs and scratch buffers first, which last; then the values in order of computation.
void Execution::plan_blocks(const std::vector<int>& kept) {
  blocks_.assign(infos_.size(), no_block);
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (infos_[v].input >= 0 && !infos_[v].is_list) blocks_[v] = pool_.acquire(specs_[v].bytes());
  }
  // All nodes share their scratch buffers: the i-th of each lies in the same block.
  std::vector<std::int64_t> sizes;
  for (const auto& state : states_) {
    const auto& scratch = state.plan.scratch;
    if (scratch.size() > sizes.size()) sizes.resize(scratch.size(), 0);
    for (std::size_t i = 0; i < scratch.size(); ++i)
      sizes[i] = std::max(sizes[i], scratch[i].bytes());
  }
  for (const auto size : sizes) scratch_.push_back(pool_.acquire(size));

  std::vector<std::size_t> last_use(infos_.size(), 0);
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    for (const int input : nodes_[n].inputs) last_use[index(input)] = n;
    // Outputs that nothing uses die at once.
    for (const int output : nodes_[n].outputs) last_use[index(output)] = n;
  }
  const std::set<int> persistent(kept.begin(), kept.end());
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    for (const int output : nodes_[n].outputs)
      blocks_[index(output)] = pool_.acquire(specs_[index(output)].bytes());
    for (const auto& spec : states_[n].plan.saved)
      states_[n].saved.push_back(pool_.acquire(spec.bytes()));
    if (mode_ == Mode::training) continue;
    for (const auto block : states_[n].saved) pool_.release(block);
    for (std::size_t v = 0; v < infos_.size(); ++v) {
      if (infos_[v].node >= 0 && infos_[v].node <= static_cast<int>(n) && last_use[v] == n &&
          persistent.count(static_cast<int>(v)) == 0)
        pool_.release(blocks_[v]);
    }
  }
}

std::int64_t Execution::list_bytes() const {
  std::int64_t sum = 0;
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (infos_[v].is_list) sum += BufferPool::aligned(specs_[v].bytes());
  }
  return sum;
}

std::int64_t Execution::value_bytes() const { return pool_.bytes() + list_bytes(); }

std::int64_t Execution::adjoint_bytes(const std::vector<Value>& seeds) const {
  std::vector<int> seeded;
  seeded.reserve(seeds.size());
  for (const Value seed : seeds) seeded.push_back(seed.index);
  return plan_backward(seeded).pool.bytes();
}

void Execution::allocate() {
  const auto memory = memory_->values.reserve(value_bytes());
  const auto offsets = pool_.offsets();
  values_.resize(infos_.size());
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (infos_[v].parameter) values_[v] = infos_[v].parameter->value;
    if (blocks_[v] != no_block) values_[v] = tensor_at(memory, offsets[blocks_[v]], specs_[v]);
  }
  place_lists();
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    auto& [arguments, plan, saved] = states_[n];
    for (const int input : nodes_[n].inputs) arguments.inputs.push_back(values_[index(input)]);
    for (const int output : nodes_[n].outputs) arguments.outputs.push_back(values_[index(output)]);
    for (std::size_t i = 0; i < saved.size(); ++i)
      arguments.saved.push_back(tensor_at(memory, offsets[saved[i]], plan.saved[i]));
    for (std::size_t i = 0; i < plan.scratch.size(); ++i)
      arguments.scratch.push_back(tensor_at(memory, offsets[scratch_[i]], plan.scratch[i]));
    arguments.mode = mode_;
    arguments.space = space_;
  }
}

// Behind all blocks, where their size moves nothing else.
void Execution::place_lists() {
  std::int64_t offset = pool_.bytes();
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (!infos_[v].is_list) continue;
    values_[v] = tensor_at(memory_->values.reserve(value_bytes()), offset, specs_[v]);
    offset += BufferPool::aligned(specs_[v].bytes());
  }
}

bool Execution::is_for(const std::vector<TensorSpec>& inputs, Mode mode) const {
  if (mode != mode_ || inputs.size() != inputs_.size()) return false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto v = index(inputs_[i]);
    TensorSpec spec = specs_[v];
    if (infos_[v].is_list && spec.shape.rank() > 0 && inputs[i].shape.rank() > 0)
      spec.shape = spec.shape.with(0, inputs[i].shape[0]);
    if (!(spec == inputs[i])) return false;
  }
  return true;
}

bool Execution::take_lists(const std::vector<TensorSpec>& inputs) {
  bool changed = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto& spec = specs_[index(inputs_[i])];
    changed = changed || !(spec == inputs[i]);
    spec = inputs[i];
  }
  if (!changed) return true;
  if (value_bytes() > memory_->values.bytes()) return false;
  place_lists();
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    const auto& node = nodes_[n];
    const bool takes_list = std::any_of(node.inputs.begin(), node.inputs.end(),
                                        [&](int input) { return infos_[index(input)].is_list; });
    if (!takes_list) continue;
    auto& [arguments, plan, saved] = states_[n];
    const auto other = plan_of(n);
    if (other.outputs != plan.outputs || other.saved != plan.saved || other.scratch != plan.scratch)
      throw Error("layer '" + node.name + "' sizes its buffers by the rows of a list");
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      arguments.inputs[i] = values_[index(node.inputs[i])];
  }
  return true;
}

void Execution::leave() {
  for (const auto& state : states_) state.arguments.kept.clear();
  backward_.reset();
  variations_.clear();
}

void Execution::require_current() const {
  if (memory_->current != this)
    throw Error("use of an execution whose memory another one of its graph has taken");
}

const AnyTensor& Execution::input(std::size_t i) const {
  require(i < inputs_.size(), "the graph has no input " + std::to_string(i));
  require_current();
  return values_[index(inputs_[i])];
}

void Execution::forward(const RandomKey& random) {
  const PhaseScope scope(Phase::forward);
  require_current();
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    auto& arguments = states_[n].arguments;
    arguments.random = random;
    // By name, so that the same layer draws the same numbers in every variant of a model.
    arguments.random.operation = name_hash(nodes_[n].name);
    in_layer(nodes_[n].name, [&] { nodes_[n].operation->forward(arguments); });
  }
  space_.fence();
}

const AnyTensor& Execution::value(Value value) const {
  require_current();
  return values_[index(value.index)];
}

const AnyTensor& Execution::adjoint(Value value) const {
  const auto& info = infos_[index(value.index)];
  if (info.parameter) return info.parameter->adjoint;
  require_current();
  require(backward_ && !backward_->adjoints[index(value.index)].empty(),
          "no adjoint of '" + info.name + "' has been computed");
  return backward_->adjoints[index(value.index)];
}

Execution::BackwardPlan Execution::plan_backward(const std::vector<int>& seeds) const {
  require(mode_ == Mode::training, "backward pass of an execution planned for inference");
  BackwardPlan plan;
  plan.seeds = seeds;
  plan.blocks.assign(infos_.size(), no_block);

  // Contributions each value receives: one for a seed, one for each use by a node on a path.
  std::vector<int> expected(infos_.size(), 0);
  for (const int seed : seeds) {
    const auto& info = infos_[index(seed)];
    require(info.differentiable, "'" + info.name + "' depends on nothing differentiable");
    expected[index(seed)] = 1;
  }
  std::vector<char> active(nodes_.size(), 0);
  for (std::size_t n = nodes_.size(); n-- > 0;) {
    for (const int output : nodes_[n].outputs) active[n] |= expected[index(output)] > 0;
    if (!active[n]) continue;
    for (const int input : nodes_[n].inputs) {
      if (infos_[index(input)].differentiable) ++expected[index(input)];
    }
  }

  auto& pool = plan.pool;
  // Those of inputs and seeds last: they stay readable, or are given in the beginning.
  const auto lasts = [&](std::size_t v) {
    return infos_[v].input >= 0 ||
           std::find(seeds.begin(), seeds.end(), static_cast<int>(v)) != seeds.end();
  };
  const auto provide = [&](std::size_t v) {
    if (!infos_[v].parameter) plan.blocks[v] = pool.acquire(specs_[v].bytes());
  };
  for (const int seed : seeds) provide(index(seed));

  // Which block each adjoint lies in. A temporary takes second contributions.
  std::vector<int> received(infos_.size(), 0);
  for (const int seed : seeds) received[index(seed)] = 1;
  for (std::size_t n = nodes_.size(); n-- > 0;) {
    if (!active[n]) continue;
    BackwardStep step;
    step.node = n;
    const auto& node = nodes_[n];
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const auto v = index(node.outputs[i]);
      if (expected[v] > 0) continue;
      provide(v);
      step.zeroed.push_back(i);
    }
    for (const int input : node.inputs) {
      const auto v = index(input);
      AdjointTarget target;
      if (infos_[v].differentiable) {
        if (received[v] == 0) {
          provide(v);
        } else {
          target.temporary = pool.acquire(specs_[v].bytes());
        }
        if (++received[v] == expected[v]) target.ready.push_back(v);
      }
      step.inputs.push_back(target);
    }
    for (const auto& target : step.inputs) {
      if (target.temporary != no_block) pool.release(target.temporary);
    }
    for (const int output : node.outputs) {
      const auto v = index(output);
      if (plan.blocks[v] != no_block && !lasts(v)) pool.release(plan.blocks[v]);
    }
    plan.steps.push_back(std::move(step));
  }
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (infos_[v].parameter && expected[v] == 0) plan.parameters_unused.push_back(v);
  }
  return plan;
}

void Execution::allocate_adjoints(BackwardPlan& plan) const {
  const auto memory = memory_->adjoints.reserve(plan.pool.bytes());
  const auto offsets = plan.pool.offsets();
  plan.adjoints.resize(infos_.size());
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (infos_[v].parameter) plan.adjoints[v] = infos_[v].parameter->adjoint;
    if (plan.blocks[v] != no_block)
      plan.adjoints[v] = tensor_at(memory, offsets[plan.blocks[v]], specs_[v]);
  }
  for (auto& step : plan.steps) {
    const auto& node = nodes_[step.node];
    for (const int output : node.outputs)
      step.output_adjoints.push_back(plan.adjoints[index(output)]);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto v = index(node.inputs[i]);
      auto& target = step.inputs[i];
      if (!infos_[v].differentiable) continue;
      target.tensor = plan.adjoints[v];
      if (target.temporary == no_block) continue;
      target.tensor = tensor_at(memory, offsets[target.temporary], specs_[v]);
      target.accumulate = plan.adjoints[v];
    }
  }
}

void Execution::backward(const Seeds& seeds, const ParameterReady& ready) {
  const PhaseScope scope(Phase::backward);
  std::vector<int> seeded;
  for (const auto& seed : seeds) seeded.push_back(seed.first.index);
  require_current();
  if (!backward_ || backward_->seeds != seeded) {
    backward_.reset();
    auto plan = std::make_unique<BackwardPlan>(plan_backward(seeded));
    allocate_adjoints(*plan);
    backward_ = std::move(plan);
  }
  for (const auto& [seed, adjoint] : seeds)
    copy(space_, backward_->adjoints[index(seed.index)], adjoint);
  const auto give = [&](Parameter& parameter) {
    if (!ready) return;
    space_.fence();
    ready(parameter);
  };
  for (const auto v : backward_->parameters_unused) {
    fill_zero(space_, infos_[v].parameter->adjoint);
    give(*infos_[v].parameter);
  }
  std::vector<AnyTensor> targets;
  for (const auto& step : backward_->steps) {
    for (const auto i : step.zeroed) fill_zero(space_, step.output_adjoints[i]);
    targets.clear();
    for (const auto& target : step.inputs) targets.push_back(target.tensor);
    const auto& node = nodes_[step.node];
    in_layer(node.name, [&] {
      node.operation->adjoint(states_[step.node].arguments, step.output_adjoints, targets);
    });
    for (const auto& target : step.inputs) {
      if (!target.accumulate.empty()) add(space_, target.accumulate, target.tensor);
    }
    for (const auto& target : step.inputs) {
      for (const auto v : target.ready) {
        if (infos_[v].parameter) give(*infos_[v].parameter);
      }
    }
  }
  space_.fence();
}

AnyTensor Execution::variation(const Seeds& directions, Value of) {
  require(mode_ == Mode::training, "variation of an execution planned for inference");
  require_current();
  variations_.assign(infos_.size(), AnyTensor());
  for (const auto& [value, direction] : directions) {
    require(spec_of(direction) == specs_[index(value.index)],
            "direction of another shape than '" + infos_[index(value.index)].name + "'");
    variations_[index(value.index)] = direction;
  }
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    std::vector<AnyTensor> in;
    std::vector<AnyTensor> out;
    bool varies = false;
    for (const int input : nodes_[n].inputs) {
      in.push_back(variations_[index(input)]);
      varies = varies || !in.back().empty();
    }
    if (!varies) continue;
    for (const int output : nodes_[n].outputs) {
      const auto& spec = specs_[index(output)];
      variations_[index(output)] = AnyTensor::zeros(spec.shape, spec.precision, "variation");
      out.push_back(variations_[index(output)]);
    }
    in_layer(nodes_[n].name,
             [&] { nodes_[n].operation->variation(states_[n].arguments, in, out); });
  }
  space_.fence();
  auto& result = variations_[index(of.index)];
  const auto& spec = specs_[index(of.index)];
  if (result.empty()) result = AnyTensor::zeros(spec.shape, spec.precision, "variation");
  return result;
}

std::optional<std::string> Execution::first_non_finite() const {
  require_current();
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (infos_[v].node < 0 && !all_finite(space_, values_[v])) return infos_[v].name;
  }
  for (const auto& node : nodes_) {
    for (const int output : node.outputs) {
      if (!all_finite(space_, values_[index(output)])) return node.name;
    }
  }
  return std::nullopt;
}

std::vector<Execution::LayerReport> Execution::report() const {
  std::vector<LayerReport> layers;
  std::set<std::string> counted;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    LayerReport layer;
    layer.name = nodes_[n].name;
    layer.type = nodes_[n].operation->type();
    layer.outputs = states_[n].plan.outputs;
    layer.flops = states_[n].plan.flops;
    for (const auto& spec : states_[n].plan.outputs) layer.bytes += spec.bytes();
    for (const auto& spec : states_[n].plan.saved) layer.bytes += spec.bytes();
    for (const int input : nodes_[n].inputs) {
      const auto& parameter = infos_[index(input)].parameter;
      // A shared parameter counts where it is used first.
      if (parameter && counted.insert(parameter->name).second)
        layer.parameters += parameter->value.shape().size();
    }
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace eigenprop
