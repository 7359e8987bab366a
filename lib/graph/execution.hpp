#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/arena.hpp"
#include "graph/buffer_pool.hpp"
#include "graph/graph.hpp"

namespace eigenprop {

/// What the executions of a graph share: memory, which one of them has at a time.
struct ExecutionMemory {
  Arena values;
  Arena adjoints;  ///< apart, since it is asked for when the values are there already
  const Execution* current = nullptr;
};

/// A graph planned for fixed input shapes: has a place in the graph's memory for all buffers, and
/// runs the three maps. In training every value is kept for the adjoint; in inference, and for the
/// adjoints in training, values whose lifetimes do not overlap share memory. Errors that an
/// operation throws in any of its maps reach the caller with the layer's name before their text.
///
/// All executions of a graph lie in the same memory: what one of them holds, values, adjoints and
/// kept objects, is lost when another one is planned (Graph::plan()), and its use behind that
/// throws Error.
///
/// All kernels run on the graph's execution-space instance. What fills the inputs has to be
/// complete before a map begins, and a map is complete when it returns, so that others may use any
/// instance.
class Execution {
 public:
  /// Called by backward() with a parameter whose gradient is complete, on any instance.
  using ParameterReady = std::function<void(Parameter&)>;
  using Seeds = std::vector<std::pair<Value, AnyTensor>>;

  /// `kept`: values that stay readable after forward() in inference. Plans; allocate() must follow
  /// before anything is run.
  Execution(const Graph& graph, const std::vector<TensorSpec>& inputs, Mode mode,
            const std::vector<int>& kept, std::shared_ptr<ExecutionMemory> memory);

  /// Takes its place in the memory, which grows where that is too small.
  void allocate();

  /// Whether it was planned for such inputs, of any number of rows of those that are lists.
  bool is_for(const std::vector<TensorSpec>& inputs, Mode mode) const;

  /// Brings the lists among the inputs to these shapes. Returns whether the memory suffices.
  bool take_lists(const std::vector<TensorSpec>& inputs);

  /// Lets go of what operations have kept for derivative maps: another execution goes on.
  void leave();

  /// Buffer of the i-th input of the graph, to be filled before forward().
  const AnyTensor& input(std::size_t i) const;

  /// Runs all operations. `random.operation` is replaced by each node's number.
  void forward(const RandomKey& random);

  /// Value after forward(). In inference only inputs, parameters and named outputs stay valid.
  const AnyTensor& value(Value value) const;

  /// Adjoint after backward() of a differentiable input, or of a parameter.
  const AnyTensor& adjoint(Value value) const;

  /// Adjoints of all parameters and differentiable inputs, for the loss whose derivatives with
  /// respect to the values named by `seeds` are given there. Parameters that no seed depends on
  /// get zero. Needs Mode::training and a preceding forward().
  void backward(const Seeds& seeds, const ParameterReady& ready = {});

  /// First-order change of `of`, for changes of inputs and parameters given in `directions`;
  /// others do not vary. Needs Mode::training and a preceding forward().
  AnyTensor variation(const Seeds& directions, Value of);

  /// Name of the first layer, in order of computation, with an output that is not finite, or
  /// nothing. Inputs and parameters come first. Needs Mode::training.
  std::optional<std::string> first_non_finite() const;

  struct LayerReport {
    std::string name;
    std::string type;
    std::vector<TensorSpec> outputs;
    std::int64_t parameters = 0;  ///< scalars
    std::int64_t bytes = 0;       ///< of outputs and saved buffers
    double flops = 0;             ///< of forward
  };
  std::vector<LayerReport> report() const;

  /// Bytes of all values and scratch buffers, parameters and kept objects excluded.
  std::int64_t value_bytes() const;

  /// Bytes of the buffers that a backward pass from these seeds takes beside them.
  std::int64_t adjoint_bytes(const std::vector<Value>& seeds) const;

 private:
  static constexpr std::size_t no_block = static_cast<std::size_t>(-1);

  struct NodeState {
    Arguments arguments;
    OperationPlan plan;
    std::vector<std::size_t> saved;  ///< blocks
  };
  struct AdjointTarget {
    std::size_t temporary = no_block;  ///< block of a second contribution
    AnyTensor tensor;                  ///< what the operation writes; empty where not needed
    AnyTensor accumulate;            ///< where it is added afterwards; empty where written directly
    std::vector<std::size_t> ready;  ///< values complete after this node
  };
  struct BackwardStep {
    std::size_t node;
    std::vector<AnyTensor> output_adjoints;
    std::vector<std::size_t> zeroed;  ///< outputs on no path to a seed
    std::vector<AdjointTarget> inputs;
  };
  struct BackwardPlan {
    std::vector<int> seeds;
    BufferPool pool;
    std::vector<std::size_t> blocks;  ///< of adjoints, by value
    std::vector<BackwardStep> steps;
    std::vector<AnyTensor> adjoints;             ///< by value
    std::vector<std::size_t> parameters_unused;  ///< values of parameters off every path
  };

  void plan_shapes(const std::vector<TensorSpec>& inputs);
  void plan_blocks(const std::vector<int>& kept);
  OperationPlan plan_of(std::size_t n) const;
  std::int64_t list_bytes() const;
  void place_lists();
  BackwardPlan plan_backward(const std::vector<int>& seeds) const;
  void allocate_adjoints(BackwardPlan& plan) const;
  void require_current() const;

  ExecutionSpace space_;
  std::vector<Graph::ValueInfo> infos_;
  std::vector<Graph::Node> nodes_;
  std::vector<int> inputs_;
  Mode mode_;
  std::shared_ptr<ExecutionMemory> memory_;
  BufferPool pool_;
  std::vector<std::size_t> blocks_;   ///< of values
  std::vector<std::size_t> scratch_;  ///< blocks
  std::vector<TensorSpec> specs_;
  std::vector<AnyTensor> values_;
  std::vector<NodeState> states_;
  std::unique_ptr<BackwardPlan> backward_;
  std::vector<AnyTensor> variations_;
};

}  // namespace eigenprop
