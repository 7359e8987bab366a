#pragma once

#include <vector>

#include "graph/execution.hpp"

namespace eigenprop {

/// Outputs of an operation for given inputs, through a graph of one node.
inline std::vector<AnyTensor> run_operation(const std::shared_ptr<const Operation>& operation,
                                            const std::vector<AnyTensor>& inputs,
                                            Mode mode = Mode::training, const RandomKey& key = {}) {
  Graph graph;
  std::vector<Value> values;
  std::vector<TensorSpec> specs;
  for (const auto& input : inputs) {
    values.push_back(graph.input("input", input.precision()));
    specs.push_back({input.shape(), input.precision()});
  }
  const auto count = static_cast<int>(operation->plan(specs).outputs.size());
  const auto outputs = graph.apply("operation", operation, values, count);
  for (const auto output : outputs) graph.name_output(std::to_string(output.index), output);
  auto& execution = graph.plan(specs, mode);
  for (std::size_t i = 0; i < inputs.size(); ++i) copy(execution.input(i), inputs[i]);
  execution.forward(key);
  std::vector<AnyTensor> results;
  for (const auto output : outputs) {
    const auto& value = execution.value(output);
    results.push_back(AnyTensor::zeros(value.shape(), value.precision()));
    copy(results.back(), value);
  }
  return results;
}

/// A tensor with the given elements.
template <class T>
Tensor<T> tensor_of(const Shape& shape, const std::vector<T>& values) {
  Tensor<T> tensor(shape);
  from_host(tensor, values);
  return tensor;
}

/// Standard normal elements.
template <class T>
Tensor<T> random_tensor(const Shape& shape, std::uint32_t seed) {
  std::vector<T> values(static_cast<std::size_t>(shape.size()));
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(stream.normal(i));
  return tensor_of(shape, values);
}

}  // namespace eigenprop
