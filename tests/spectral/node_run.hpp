#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/execution.hpp"

namespace eigenprop {

/// One operation as layer "layer" of a graph, in double.
class NodeRun {
 public:
  NodeRun(const std::shared_ptr<const Operation>& operation,
          const std::vector<std::pair<Shape, std::vector<double>>>& inputs) {
    std::vector<TensorSpec> specs;
    for (const auto& [shape, values] : inputs) {
      inputs_.push_back(graph_.input("input", Precision::f64, true));
      specs.push_back({shape, Precision::f64});
    }
    const auto count = static_cast<int>(operation->plan(specs).outputs.size());
    outputs_ = graph_.apply("layer", operation, inputs_, count);
    execution_ = &graph_.plan(specs, Mode::training);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      from_host(execution_->input(i).as<double>(), inputs[i].second);
  }

  void forward() { execution_->forward(RandomKey{}); }
  std::vector<double> output(std::size_t i) const {
    return to_host(execution_->value(outputs_[i]).as<double>());
  }
  std::vector<std::int32_t> integers(std::size_t i) const {
    return to_host(execution_->value(outputs_[i]).as<std::int32_t>());
  }

  /// Gradient in an input, for gradients of some outputs.
  std::vector<double> gradient(
      const std::vector<std::pair<std::size_t, std::vector<double>>>& of_outputs,
      std::size_t input = 0) {
    Execution::Seeds seeds;
    for (const auto& [output, values] : of_outputs) {
      Tensor<double> seed(execution_->value(outputs_[output]).shape());
      from_host(seed, values);
      seeds.emplace_back(outputs_[output], seed);
    }
    execution_->backward(seeds);
    return to_host(execution_->adjoint(inputs_[input]).as<double>());
  }

 private:
  Graph graph_;
  std::vector<Value> inputs_;
  std::vector<Value> outputs_;
  Execution* execution_ = nullptr;
};

/// Normal random numbers.
inline std::vector<double> normal_numbers(std::size_t count, std::uint32_t seed) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(stream.normal(i));
  return values;
}

/// ‖a - b‖ / ‖b‖; huge where a is not finite.
inline double relative_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0;
  double size = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  const double distance = std::sqrt(difference / size);
  return a.size() == b.size() && std::isfinite(distance) ? distance : 1e300;
}

}  // namespace eigenprop
