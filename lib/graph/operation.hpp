#pragma once

#include <any>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/error.hpp"
#include "runtime/random.hpp"
#include "tensor/tensor.hpp"

namespace eigenprop {

/// Shape and element type of a tensor that need not exist yet.
struct TensorSpec {
  Shape shape;
  Precision precision = Precision::f32;

  bool operator==(const TensorSpec& other) const {
    return shape == other.shape && precision == other.precision;
  }
  bool operator<(const TensorSpec& other) const {
    return shape != other.shape ? shape < other.shape : precision < other.precision;
  }
  std::int64_t bytes() const { return shape.size() * precision_bytes(precision); }
};

/// What an operation needs for inputs of given shapes.
struct OperationPlan {
  std::vector<TensorSpec> outputs;
  std::vector<TensorSpec> saved;    ///< kept from `forward` for the derivative maps of the same run
  std::vector<TensorSpec> scratch;  ///< of undefined content at the start of every map
  double flops = 0;                 ///< floating-point operations of `forward`
};

enum class Mode { training, inference };

/// An object that `forward` leaves for the derivative maps of the same run where tensors do not
/// suffice, such as a matrix on all its grids. Copies share it.
class KeptObject {
 public:
  /// Throws Error where `forward` has left none of this type.
  template <class T>
  std::shared_ptr<const T> get() const {
    const auto* object = std::any_cast<std::shared_ptr<const T>>(object_.get());
    if (!object) throw Error("a derivative map without a forward map before it");
    return *object;
  }
  template <class T>
  void set(std::shared_ptr<const T> object) const {
    *object_ = std::move(object);
  }
  void clear() const { object_->reset(); }

 private:
  std::shared_ptr<std::any> object_ = std::make_shared<std::any>();
};

/// Everything that the three maps have in common. Tensors are allocated by the graph according to
/// the operation's plan, and are the same objects in every map of one run.
struct Arguments {
  /// What the maps launch their kernels on. They need not wait for the last of them.
  ExecutionSpace space;
  std::vector<AnyTensor> inputs;
  std::vector<AnyTensor> outputs;
  std::vector<AnyTensor> saved;
  std::vector<AnyTensor> scratch;
  KeptObject kept;  ///< one a node and run, whose memory is the operation's to bound
  Mode mode = Mode::training;
  /// Stream for this node and this run; `operation` is the node's number. A batched operation
  /// offsets `sample` by the index in the batch.
  RandomKey random;

  /// The instance for loops on the host; what runs on `space` has ended before.
  HostExecutionSpace host_space() const { return host_space_of(space); }
};

/// A differentiable computation y = f(x) with its three maps (matrix-backpropagation.txt,
/// eq. 5-10). Parameters are inputs like any other. An operation holds its settings only, no
/// tensors: the same object serves runs of many shapes.
class Operation {
 public:
  virtual ~Operation() = default;

  /// Name in the registry and in messages, like "convolution2d".
  virtual std::string type() const = 0;

  /// Shapes of outputs and buffers. Throws InputError that says which input is wrong, and what
  /// would be right.
  virtual OperationPlan plan(const std::vector<TensorSpec>& inputs) const = 0;

  /// Computes all outputs (and `saved`) from the inputs.
  virtual void forward(const Arguments& arguments) const = 0;

  /// Exact first-order change of the outputs, dy = L(dx), at the point of the last `forward`.
  /// `input_variations[i]` is empty where input i does not vary. Overwrites `output_variations`.
  virtual void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                         const std::vector<AnyTensor>& output_variations) const = 0;

  /// The transposed map x̄ = L*(ȳ) at the point of the last `forward`. `input_adjoints[i]` is empty
  /// where nobody needs it; the others are overwritten (the graph adds up those of branches).
  virtual void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
                       const std::vector<AnyTensor>& input_adjoints) const = 0;
};

/// operation.plan(inputs), with errors that name `layer`; checks the number of outputs.
OperationPlan plan_node(const std::string& layer, const Operation& operation,
                        const std::vector<TensorSpec>& inputs, std::size_t outputs);

/// Throws InputError unless `inputs` has `count` elements.
void require_inputs(const std::string& type, const std::vector<TensorSpec>& inputs,
                    std::size_t count);

/// Throws InputError unless input i has this precision and rank (rank < 0: any).
void require_input(const std::string& type, const std::vector<TensorSpec>& inputs, std::size_t i,
                   Precision precision, int rank);

}  // namespace eigenprop
