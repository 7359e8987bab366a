#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/operation.hpp"
#include "graph/parameter.hpp"

namespace eigenprop {

class Execution;
struct ExecutionMemory;

/// Handle of a value in a graph.
struct Value {
  int index = -1;
};

/// Directed acyclic graph of operations. Values may branch and join, and a parameter may be used
/// in several places: its gradients add up. A graph describes; an Execution, planned once for each
/// combination of input shapes, computes.
class Graph {
 public:
  /// `seed` determines the first values of all parameters. Executions run on `space`.
  explicit Graph(std::uint32_t seed = 0, const ExecutionSpace& space = ExecutionSpace());
  ~Graph();
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;

  /// A value that the caller provides. `differentiable`: the backward pass computes its adjoint.
  Value input(const std::string& name, Precision precision, bool differentiable = false);

  /// A value of whole numbers that nothing is sized by but what is computed from it alone: the
  /// number of its rows (first extent) may change from step to step without another plan, and the
  /// operations that take it have outputs and buffers of the same shapes for any number.
  Value list_input(const std::string& name);

  /// A trained value; a second call of the same name gives the same parameter, for sharing.
  Value parameter(const std::string& name, const TensorSpec& spec, const Initializer& initializer,
                  double rate_factor = 1, double decay_factor = 1);

  /// Outputs of `operation` applied to `inputs`; `name` is the layer's name in messages and files.
  std::vector<Value> apply(const std::string& name, std::shared_ptr<const Operation> operation,
                           const std::vector<Value>& inputs, int output_count);

  /// The same for operations with one output.
  Value apply(const std::string& name, std::shared_ptr<const Operation> operation,
              const std::vector<Value>& inputs);

  /// Gives `value` a name under which Execution finds it.
  void name_output(const std::string& name, Value value);

  /// The value of this name. Throws InputError where there is none.
  Value output(const std::string& name) const;

  /// First output of the layer of this name. Throws InputError that lists the layers where there is
  /// none.
  Value layer(const std::string& name) const;

  const ExecutionSpace& space() const { return space_; }

  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }

  /// The execution for these inputs (in order of their creation). It has the graph's memory until
  /// inputs of other shapes or another mode are planned for, and is not to be used behind that.
  /// Throws InputError that names the layer where shapes do not fit.
  Execution& plan(const std::vector<TensorSpec>& inputs, Mode mode);

  /// Bytes that plan() takes for such inputs, with those of a backward pass from `seeds`. Allocates
  /// nothing. Throws InputError as plan() does.
  std::int64_t memory_of(const std::vector<TensorSpec>& inputs, Mode mode,
                         const std::vector<Value>& seeds = {}) const;

  /// Bytes of all executions at present: one memory, as large as the largest of them.
  std::int64_t bytes() const;

  /// Shape and type that `of` will have, where only the inputs it depends on need to be known
  /// (in order of their creation; others may be missing at the end). Allocates nothing. Throws
  /// InputError that names the layer where shapes do not fit.
  TensorSpec infer(Value of, const std::vector<TensorSpec>& inputs) const;

  /// Drops all executions and their memory.
  void release_plans();

  struct ValueInfo {
    std::string name;
    int node = -1;   ///< producing node, or -1
    int output = 0;  ///< which output of that node
    int input = -1;  ///< position among the graph's inputs, or -1
    std::shared_ptr<Parameter> parameter;
    Precision precision = Precision::f32;  ///< of inputs
    bool differentiable = false;
    bool is_list = false;  ///< list_input()
  };
  struct Node {
    std::string name;
    std::shared_ptr<const Operation> operation;
    std::vector<int> inputs;
    std::vector<int> outputs;
  };
  const std::vector<ValueInfo>& values() const { return values_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<int>& inputs() const { return inputs_; }

 private:
  std::vector<int> kept_values() const;

  std::uint32_t seed_ = 0;
  ExecutionSpace space_;
  ParameterSet parameters_;
  std::vector<ValueInfo> values_;
  std::vector<Node> nodes_;
  std::vector<int> inputs_;
  std::map<std::string, int> outputs_;
  std::shared_ptr<ExecutionMemory> memory_;
  std::vector<std::unique_ptr<Execution>> plans_;  ///< the last ones, the current first
};

}  // namespace eigenprop
