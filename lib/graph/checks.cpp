#include "graph/checks.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/execution.hpp"

namespace eigenprop {
namespace {

template <class T>
AnyTensor normal_tensor(const Shape& shape, double offset, double scale, const RandomKey& key) {
  std::vector<T> values(static_cast<std::size_t>(shape.size()));
  const RandomStream stream(key);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<T>(offset + scale * stream.normal(i));
  Tensor<T> tensor(shape);
  from_host(tensor, values);
  return tensor;
}

AnyTensor normal_tensor(const TensorSpec& spec, double offset, double scale, const RandomKey& key) {
  return spec.precision == Precision::f32 ? normal_tensor<float>(spec.shape, offset, scale, key)
                                          : normal_tensor<double>(spec.shape, offset, scale, key);
}

template <class T>
AnyTensor spaced_tensor(const InputSample& sample, const RandomKey& key) {
  const auto n = static_cast<std::size_t>(sample.spec.shape.size());
  const RandomStream stream(key);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return stream.bits(a) < stream.bits(b); });
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double position = static_cast<double>(order[i]) + 0.5 - static_cast<double>(n) / 2;
    values[i] = static_cast<T>(sample.offset + sample.scale * position);
  }
  Tensor<T> tensor(sample.spec.shape);
  from_host(tensor, values);
  return tensor;
}

template <class T>
void add_centre(const std::vector<double>& centre, const Tensor<T>& tensor) {
  auto values = to_host(tensor);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<T>(values[i] + centre[i % centre.size()]);
  from_host(tensor, values);
}

AnyTensor random_tensor(const InputSample& sample, const RandomKey& key) {
  if (!sample.spaced) return normal_tensor(sample.spec, sample.offset, sample.scale, key);
  return sample.spec.precision == Precision::f32 ? spaced_tensor<float>(sample, key)
                                                 : spaced_tensor<double>(sample, key);
}

AnyTensor sample_tensor(const InputSample& sample, const RandomKey& key) {
  AnyTensor tensor = random_tensor(sample, key);
  if (sample.centre.empty()) return tensor;
  if (sample.spec.precision == Precision::f32) {
    add_centre(sample.centre, tensor.as<float>());
  } else {
    add_centre(sample.centre, tensor.as<double>());
  }
  return tensor;
}

double norm(const AnyTensor& a) { return std::sqrt(dot(a, a)); }

// y <- x + h d
AnyTensor moved(const AnyTensor& x, double h, const AnyTensor& d) {
  return x.visit([&](const auto& from) -> AnyTensor {
    using T = typename std::decay_t<decltype(from)>::value_type;
    auto values = to_host(from);
    const auto direction = to_host(d.as<T>());
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<T>(values[i] + h * static_cast<double>(direction[i]));
    Tensor<T> result(from.shape());
    from_host(result, values);
    return result;
  });
}

// A graph of one node, and of those that observe it, with inputs filled.
class Bench {
 public:
  Bench(const OperationCase& test, std::uint32_t seed) : test_(test), seed_(seed) {
    std::vector<Value> values;
    std::vector<TensorSpec> specs;
    for (std::size_t i = 0; i < test.inputs.size(); ++i) {
      const auto& sample = test.inputs[i];
      values.push_back(
          graph_.input("input" + std::to_string(i), sample.spec.precision, sample.differentiable));
      specs.push_back(sample.spec);
    }
    const auto plan = test.operation->plan(specs);
    outputs_ =
        graph_.apply("operation", test.operation, values, static_cast<int>(plan.outputs.size()));
    if (test.observe) outputs_ = test.observe(graph_, outputs_);
    inputs_ = values;
    execution_ = &graph_.plan(specs, Mode::training);
    for (std::size_t i = 0; i < test.inputs.size(); ++i) {
      const auto& sample = test.inputs[i];
      if (sample.spec.precision == Precision::i32) {
        from_host(execution_->input(i).as<std::int32_t>(), sample.labels);
        points_.push_back(execution_->input(i));
      } else {
        points_.push_back(sample_tensor(sample, key(i)));
      }
    }
    set_inputs(points_);
  }

  void set_inputs(const std::vector<AnyTensor>& points) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (test_.inputs[i].spec.precision != Precision::i32) copy(execution_->input(i), points[i]);
    }
    execution_->forward(RandomKey{seed_, RandomPurpose::test, 0, 0, 0});
  }

  Execution::Seeds directions(const std::vector<std::size_t>& varied) const {
    Execution::Seeds seeds;
    for (const auto i : varied) {
      const auto& sample = test_.inputs[i];
      seeds.emplace_back(inputs_[i], normal_tensor(sample.spec, 0, sample.scale, key(100 + i)));
    }
    return seeds;
  }

  // Each differentiable input alone, then all together.
  std::vector<std::vector<std::size_t>> variations() const {
    std::vector<std::vector<std::size_t>> sets;
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < test_.inputs.size(); ++i) {
      if (!test_.inputs[i].differentiable) continue;
      sets.push_back({i});
      all.push_back(i);
    }
    if (all.size() > 1) sets.push_back(all);
    return sets;
  }

  // Integer outputs (indices, masks) carry no derivative.
  std::vector<Value> real_outputs() const {
    std::vector<Value> real;
    for (const Value output : outputs_) {
      if (execution_->value(output).precision() != Precision::i32) real.push_back(output);
    }
    return real;
  }

  RandomKey key(std::size_t purpose) const {
    return RandomKey{seed_, RandomPurpose::test, 1, static_cast<std::uint32_t>(purpose), 0};
  }

  Execution& execution() { return *execution_; }
  const std::vector<AnyTensor>& points() const { return points_; }
  Value input(std::size_t i) const { return inputs_[i]; }

 private:
  const OperationCase& test_;
  std::uint32_t seed_;
  Graph graph_;
  std::vector<Value> inputs_;
  std::vector<Value> outputs_;
  std::vector<AnyTensor> points_;
  Execution* execution_ = nullptr;
};

AnyTensor duplicate(const AnyTensor& tensor) {
  AnyTensor result = AnyTensor::zeros(tensor.shape(), tensor.precision());
  copy(result, tensor);
  return result;
}

}  // namespace

double duality_mismatch(const OperationCase& test, std::uint32_t seed) {
  Bench bench(test, seed);
  auto& execution = bench.execution();

  const auto outputs = bench.real_outputs();
  Execution::Seeds adjoints;
  double adjoint_norm = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& y = execution.value(outputs[i]);
    adjoints.emplace_back(outputs[i],
                          normal_tensor({y.shape(), y.precision()}, 0, 1, bench.key(200 + i)));
    adjoint_norm += dot(adjoints.back().second, adjoints.back().second);
  }
  adjoint_norm = std::sqrt(adjoint_norm);
  execution.backward(adjoints);

  double worst = 0;
  for (const auto& varied : bench.variations()) {
    const auto directions = bench.directions(varied);
    double left = 0;
    double left_norm = 0;
    for (const auto& [output, adjoint] : adjoints) {
      const auto dy = execution.variation(directions, output);
      left += dot(adjoint, dy);
      left_norm += dot(dy, dy);
    }
    double right = 0;
    double right_norm = 0;
    for (const auto& [input, direction] : directions) {
      const auto& gradient = execution.adjoint(input);
      right += dot(gradient, direction);
      right_norm += norm(gradient) * norm(direction);
    }
    const double scale = adjoint_norm * std::sqrt(left_norm) + right_norm;
    const double mismatch = scale > 0 ? std::abs(left - right) / scale : 0;
    // NaN must not pass for small.
    if (!(mismatch <= worst)) worst = mismatch;
  }
  return worst;
}

TaylorRemainders taylor_remainders(const OperationCase& test, std::uint32_t seed) {
  Bench bench(test, seed);
  auto& execution = bench.execution();
  const auto varied = bench.variations().back();
  const auto directions = bench.directions(varied);
  const auto outputs = bench.real_outputs();
  std::vector<AnyTensor> start;
  std::vector<AnyTensor> changes;
  for (const Value output : outputs) {
    start.push_back(duplicate(execution.value(output)));
    changes.push_back(duplicate(execution.variation(directions, output)));
  }

  TaylorRemainders result;
  double h = test.taylor_step;
  for (int halving = 0; halving < 5; ++halving, h /= 2) {
    auto points = bench.points();
    for (std::size_t i = 0; i < varied.size(); ++i)
      points[varied[i]] = moved(points[varied[i]], h, directions[i].second);
    bench.set_inputs(points);
    double remainder = 0;
    double scale = 0;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const AnyTensor predicted = moved(start[i], h, changes[i]);
      const AnyTensor difference = moved(execution.value(outputs[i]), -1.0, predicted);
      remainder += dot(difference, difference);
      const double size = norm(start[i]) + test.taylor_step * norm(changes[i]);
      scale += size * size;
    }
    result.steps.push_back(h);
    result.remainders.push_back(std::sqrt(remainder) / std::sqrt(scale));
  }
  return result;
}

double TaylorRemainders::order(double noise) const {
  double smallest = 2;
  for (std::size_t i = 0; i + 1 < remainders.size(); ++i) {
    if (!(remainders[i + 1] > noise)) continue;
    smallest = std::min(smallest, std::log2(remainders[i] / remainders[i + 1]));
  }
  return smallest;
}

}  // namespace eigenprop
