#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace eigenprop {

/// How the derivative checks fill an input.
struct InputSample {
  TensorSpec spec;
  bool differentiable = true;
  double scale = 1;  ///< values are offset + scale * normal
  double offset = 0;
  /// Values are instead a random permutation of offset + scale * (i + 1/2 - n/2): no two closer
  /// than `scale` and none closer to `offset` than scale / 2, for operations with kinks.
  bool spaced = false;
  std::vector<std::int32_t> labels = {};  ///< content of an integer input
  /// Where given: added to the values, one sample of the batch after the other.
  std::vector<double> centre = {};
  /// False where no output depends on this differentiable input, as in a case at the edge: its
  /// derivative must be zero. The checks refuse other inputs that change nothing.
  bool influential = true;
};

/// Of normal values, offset + scale * normal.
InputSample normal_input(const Shape& shape, Precision precision, double scale = 1,
                         double offset = 0);
inline InputSample normal_input(const Shape& shape, double scale = 1, double offset = 0) {
  return normal_input(shape, Precision::f64, scale, offset);
}

/// One case on which an operation is checked.
struct OperationCase {
  std::string name;  ///< what is special about it, like "stride 2, odd size"
  std::shared_ptr<const Operation> operation;
  std::vector<InputSample> inputs;
  double taylor_step = 0.1;  ///< first step of the Taylor check
  /// Where given: puts further operations behind the outputs, and gives the values that are checked
  /// in their place. For outputs that are arbitrary to some extent, like a basis up to a rotation,
  /// of which only functions can be differentiated that do not depend on the choice.
  std::function<std::vector<Value>(Graph&, const std::vector<Value>&)> observe = {};
  /// Places, among the outputs that are real numbers, of those that no input changes: their
  /// derivatives must be zero.
  std::vector<std::size_t> constant_outputs = {};
};

/// Lists the cases of one operation for Precision::f32 or f64; empty where the operation does not
/// exist in that precision.
using CaseLister = std::function<std::vector<OperationCase>(Precision)>;

/// All operations known to the derivative checks. An operation is registered by one line where its
/// room lists its operations (register_*_operations); the checks in the tests run over all of them.
class OperationRegistry {
 public:
  /// Throws InputError where `type` is listed already.
  void add(const std::string& type, CaseLister cases);

  struct Entry {
    std::string type;
    CaseLister cases;
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace eigenprop
