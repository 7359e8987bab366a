#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.hpp"

namespace eigenprop {

/// A graph planned for fixed input shapes: owns all buffers, allocated once, and runs the three
/// maps. In training every value is kept for the adjoint; in inference, and for the adjoints in
/// training, values whose lifetimes do not overlap share memory. Errors that an operation throws
/// in any of its maps reach the caller with the layer's name before their text.
///
/// All kernels run on the graph's execution-space instance. What fills the inputs has to be
/// complete before a map begins, and a map is complete when it returns, so that others may use any
/// instance.
class Execution {
 public:
  /// Called by backward() with a parameter whose gradient is complete, on any instance.
  using ParameterReady = std::function<void(Parameter&)>;
  using Seeds = std::vector<std::pair<Value, AnyTensor>>;

  /// `kept`: values that stay readable after forward() in inference.
  Execution(const Graph& graph, const std::vector<TensorSpec>& inputs, Mode mode,
            const std::vector<int>& kept);

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

  /// Bytes of all buffers allocated so far, parameters and kept objects excluded.
  std::int64_t bytes() const { return bytes_; }

 private:
  struct NodeState {
    Arguments arguments;
    OperationPlan plan;
  };
  struct AdjointTarget {
    AnyTensor tensor;                ///< what the operation writes; empty where not needed
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
    std::vector<AnyTensor> seed_adjoints;
    std::vector<BackwardStep> steps;
    std::vector<AnyTensor> adjoints;             ///< by value
    std::vector<std::size_t> parameters_unused;  ///< values of parameters off every path
  };

  void plan_values(const std::vector<TensorSpec>& inputs, const std::vector<int>& kept);
  void plan_scratch();
  BackwardPlan plan_backward(const std::vector<int>& seeds);

  ExecutionSpace space_;
  std::vector<Graph::ValueInfo> infos_;
  std::vector<Graph::Node> nodes_;
  std::vector<int> inputs_;
  Mode mode_;
  std::vector<TensorSpec> specs_;
  std::vector<AnyTensor> values_;
  std::vector<NodeState> states_;
  std::unique_ptr<BackwardPlan> backward_;
  std::vector<AnyTensor> variations_;
  std::int64_t bytes_ = 0;
  std::vector<Kokkos::View<char*, MemorySpace>> blocks_;
};

}  // namespace eigenprop
