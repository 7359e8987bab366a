#include "graph/execution.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "graph/buffer_pool.hpp"
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
                     const std::vector<int>& kept)
    : space_(graph.space()),
      infos_(graph.values()),
      nodes_(graph.nodes()),
      inputs_(graph.inputs()),
      mode_(mode) {
  require(inputs.size() == inputs_.size(), "the graph has " + std::to_string(inputs_.size()) +
                                               " inputs, not " + std::to_string(inputs.size()));
  // Operations plan a buffer for each thread of the default instance.
  const int threads = host_space_of(space_).concurrency();
  const int most = HostExecutionSpace().concurrency();
  if (threads > most) {
    throw ConfigurationError("an execution-space instance of " + std::to_string(threads) +
                             " threads for a graph: the default one has " + std::to_string(most));
  }
  plan_values(inputs, kept);
  plan_scratch();
}

void Execution::plan_values(const std::vector<TensorSpec>& inputs, const std::vector<int>& kept) {
  specs_.resize(infos_.size());
  values_.resize(infos_.size());
  states_.resize(nodes_.size());
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    const auto& info = infos_[v];
    if (info.input >= 0) {
      specs_[v] = inputs[index(info.input)];
      require(specs_[v].precision == info.precision, "input '" + info.name + "' is " +
                                                         precision_name(info.precision) + ", not " +
                                                         precision_name(specs_[v].precision));
      values_[v] = AnyTensor::zeros(specs_[v].shape, specs_[v].precision, info.name);
      bytes_ += specs_[v].bytes();
    } else if (info.parameter) {
      specs_[v] = spec_of(info.parameter->value);
      values_[v] = info.parameter->value;
    }
  }

  std::vector<int> last_use(infos_.size(), -1);
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    for (const int input : nodes_[n].inputs) last_use[index(input)] = static_cast<int>(n);
  }
  const std::set<int> persistent(kept.begin(), kept.end());

  BufferPool pool;
  std::map<std::size_t, std::size_t> block_of;
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    const auto& node = nodes_[n];
    auto& state = states_[n];
    std::vector<TensorSpec> input_specs;
    for (const int input : node.inputs) input_specs.push_back(specs_[index(input)]);
    state.plan = plan_node(node.name, *node.operation, input_specs, node.outputs.size());
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const auto v = index(node.outputs[i]);
      specs_[v] = state.plan.outputs[i];
      if (mode_ == Mode::training || persistent.count(node.outputs[i]) > 0) {
        values_[v] = AnyTensor::zeros(specs_[v].shape, specs_[v].precision, infos_[v].name);
        bytes_ += specs_[v].bytes();
      } else {
        block_of[v] = pool.acquire(specs_[v].bytes());
      }
    }
    if (mode_ == Mode::inference) {
      for (const auto& [v, block] : block_of) {
        // Outputs that nothing uses die at once.
        if (std::max(last_use[v], infos_[v].node) == static_cast<int>(n)) pool.release(block);
      }
    }
    for (const auto& spec : state.plan.saved) {
      state.arguments.saved.push_back(
          AnyTensor::zeros(spec.shape, spec.precision, node.name + " saved"));
      bytes_ += spec.bytes();
    }
  }
  const auto views = pool.allocate();
  bytes_ += pool.bytes();
  for (const auto& [v, block] : block_of) values_[v] = tensor_on(views[block], specs_[v]);
  blocks_.insert(blocks_.end(), views.begin(), views.end());

  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    auto& arguments = states_[n].arguments;
    for (const int input : nodes_[n].inputs) arguments.inputs.push_back(values_[index(input)]);
    for (const int output : nodes_[n].outputs) arguments.outputs.push_back(values_[index(output)]);
    arguments.mode = mode_;
    arguments.space = space_;
  }
}

// All nodes share their scratch buffers: the i-th of each lies in the same block.
void Execution::plan_scratch() {
  std::vector<std::int64_t> sizes;
  for (const auto& state : states_) {
    for (std::size_t i = 0; i < state.plan.scratch.size(); ++i) {
      if (i == sizes.size()) sizes.push_back(0);
      sizes[i] = std::max(sizes[i], state.plan.scratch[i].bytes());
    }
  }
  const std::size_t first = blocks_.size();
  for (const auto size : sizes) {
    blocks_.emplace_back("scratch", static_cast<std::size_t>(size));
    bytes_ += size;
  }
  for (auto& state : states_) {
    for (std::size_t i = 0; i < state.plan.scratch.size(); ++i) {
      state.arguments.scratch.push_back(tensor_on(blocks_[first + i], state.plan.scratch[i]));
    }
  }
}

const AnyTensor& Execution::input(std::size_t i) const {
  require(i < inputs_.size(), "the graph has no input " + std::to_string(i));
  return values_[index(inputs_[i])];
}

void Execution::forward(const RandomKey& random) {
  const PhaseScope scope(Phase::forward);
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    auto& arguments = states_[n].arguments;
    arguments.random = random;
    // By name, so that the same layer draws the same numbers in every variant of a model.
    arguments.random.operation = name_hash(nodes_[n].name);
    in_layer(nodes_[n].name, [&] { nodes_[n].operation->forward(arguments); });
  }
  space_.fence();
}

const AnyTensor& Execution::value(Value value) const { return values_[index(value.index)]; }

const AnyTensor& Execution::adjoint(Value value) const {
  const auto& info = infos_[index(value.index)];
  if (info.parameter) return info.parameter->adjoint;
  require(backward_ && !backward_->adjoints[index(value.index)].empty(),
          "no adjoint of '" + info.name + "' has been computed");
  return backward_->adjoints[index(value.index)];
}

Execution::BackwardPlan Execution::plan_backward(const std::vector<int>& seeds) {
  require(mode_ == Mode::training, "backward pass of an execution planned for inference");
  BackwardPlan plan;
  plan.seeds = seeds;
  plan.adjoints.resize(infos_.size());

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

  BufferPool pool;
  std::map<std::size_t, std::size_t> block_of;
  const auto provide = [&](std::size_t v) {
    const auto& info = infos_[v];
    const bool seeded = std::find(seeds.begin(), seeds.end(), static_cast<int>(v)) != seeds.end();
    if (info.parameter) {
      plan.adjoints[v] = info.parameter->adjoint;
    } else if (info.input >= 0 || seeded) {
      plan.adjoints[v] = AnyTensor::zeros(specs_[v].shape, specs_[v].precision, "adjoint");
      bytes_ += specs_[v].bytes();
    } else {
      block_of[v] = pool.acquire(specs_[v].bytes());
    }
  };
  for (const int seed : seeds) provide(index(seed));

  // First walk: which buffer each adjoint lies in. A temporary takes second contributions.
  struct Temporary {
    std::size_t step, input, block;
    TensorSpec spec;
  };
  std::vector<Temporary> temporaries;
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
    std::vector<std::size_t> held;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto v = index(node.inputs[i]);
      AdjointTarget target;
      if (infos_[v].differentiable) {
        if (received[v] == 0) {
          provide(v);
        } else {
          const auto block = pool.acquire(specs_[v].bytes());
          held.push_back(block);
          temporaries.push_back({plan.steps.size(), i, block, specs_[v]});
        }
        if (++received[v] == expected[v]) target.ready.push_back(v);
      }
      step.inputs.push_back(target);
    }
    for (const auto block : held) pool.release(block);
    for (const int output : node.outputs) {
      const auto found = block_of.find(index(output));
      if (found != block_of.end()) pool.release(found->second);
    }
    plan.steps.push_back(std::move(step));
  }

  const auto views = pool.allocate();
  bytes_ += pool.bytes();
  blocks_.insert(blocks_.end(), views.begin(), views.end());
  for (const auto& [v, block] : block_of) plan.adjoints[v] = tensor_on(views[block], specs_[v]);
  for (const auto& temporary : temporaries) {
    auto& target = plan.steps[temporary.step].inputs[temporary.input];
    target.tensor = tensor_on(views[temporary.block], temporary.spec);
    target.accumulate =
        plan.adjoints[index(nodes_[plan.steps[temporary.step].node].inputs[temporary.input])];
  }
  for (auto& step : plan.steps) {
    const auto& node = nodes_[step.node];
    for (const int output : node.outputs)
      step.output_adjoints.push_back(plan.adjoints[index(output)]);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto v = index(node.inputs[i]);
      if (infos_[v].differentiable && step.inputs[i].tensor.empty())
        step.inputs[i].tensor = plan.adjoints[v];
    }
  }
  for (const int seed : seeds) plan.seed_adjoints.push_back(plan.adjoints[index(seed)]);
  for (std::size_t v = 0; v < infos_.size(); ++v) {
    if (infos_[v].parameter && expected[v] == 0) plan.parameters_unused.push_back(v);
  }
  return plan;
}

void Execution::backward(const Seeds& seeds, const ParameterReady& ready) {
  const PhaseScope scope(Phase::backward);
  std::vector<int> seeded;
  for (const auto& seed : seeds) seeded.push_back(seed.first.index);
  if (!backward_ || backward_->seeds != seeded) {
    backward_ = std::make_unique<BackwardPlan>(plan_backward(seeded));
  }
  for (std::size_t i = 0; i < seeds.size(); ++i)
    copy(space_, backward_->seed_adjoints[i], seeds[i].second);
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
