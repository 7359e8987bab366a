#include "graph/checks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
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

using Places = std::vector<std::size_t>;

// Each of them alone, then all together.
std::vector<Places> alone_and_together(const Places& all) {
  std::vector<Places> sets;
  for (const auto place : all) sets.push_back({place});
  if (all.size() > 1) sets.push_back(all);
  return sets;
}

std::vector<Places> variations(const OperationCase& test) {
  Places all;
  for (std::size_t i = 0; i < test.inputs.size(); ++i) {
    if (test.inputs[i].differentiable) all.push_back(i);
  }
  return alone_and_together(all);
}

// A graph of one node, and of those that observe it, with inputs filled; only the varied ones are
// differentiable.
class Bench {
 public:
  Bench(const OperationCase& test, const Places& varied, std::uint32_t seed)
      : test_(test), varied_(varied), seed_(seed) {
    std::vector<Value> values;
    std::vector<TensorSpec> specs;
    for (std::size_t i = 0; i < test.inputs.size(); ++i) {
      const auto& sample = test.inputs[i];
      const bool varies = std::find(varied.begin(), varied.end(), i) != varied.end();
      values.push_back(graph_.input("input" + std::to_string(i), sample.spec.precision, varies));
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

  // Points like "all elements are 1" have no scale of their own.
  Execution::Seeds directions() const {
    Execution::Seeds seeds;
    for (const auto i : varied_) {
      const auto& sample = test_.inputs[i];
      const double scale = sample.scale > 0 ? sample.scale : 1;
      seeds.emplace_back(inputs_[i], normal_tensor(sample.spec, 0, scale, key(100 + i)));
    }
    return seeds;
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

 private:
  const OperationCase& test_;
  Places varied_;
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

Execution::Seeds random_adjoints(const Bench& bench, const Execution& execution) {
  Execution::Seeds adjoints;
  for (const Value output : bench.real_outputs()) {
    const auto& y = execution.value(output);
    adjoints.emplace_back(
        output, normal_tensor({y.shape(), y.precision()}, 0, 1, bench.key(200 + adjoints.size())));
  }
  return adjoints;
}

double mismatch(Execution& execution, const Execution::Seeds& directions,
                const Execution::Seeds& adjoints) {
  double left = 0;
  double adjoint_norm = 0;
  double left_norm = 0;
  for (const auto& [output, adjoint] : adjoints) {
    const auto dy = execution.variation(directions, output);
    left += dot(adjoint, dy);
    left_norm += dot(dy, dy);
    adjoint_norm += dot(adjoint, adjoint);
  }
  execution.backward(adjoints);
  double right = 0;
  double right_norm = 0;
  for (const auto& [input, direction] : directions) {
    const auto& gradient = execution.adjoint(input);
    right += dot(gradient, direction);
    right_norm += norm(gradient) * norm(direction);
  }
  const double scale = std::sqrt(adjoint_norm * left_norm) + right_norm;
  return scale == 0 ? 0 : std::abs(left - right) / scale;
}

std::vector<TaylorRemainders> remainders_of(const OperationCase& test, const Places& varied,
                                            std::uint32_t seed) {
  constexpr int steps = 10;
  Bench bench(test, varied, seed);
  auto& execution = bench.execution();
  const auto directions = bench.directions();
  const auto outputs = bench.real_outputs();
  std::vector<AnyTensor> start;
  std::vector<AnyTensor> changes;
  std::vector<double> scales;
  std::vector<TaylorRemainders> results(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    start.push_back(duplicate(execution.value(outputs[i])));
    changes.push_back(duplicate(execution.variation(directions, outputs[i])));
    results[i].varied = varied;
    results[i].output = i;
  }

  double h = test.taylor_step;
  for (int step = 0; step < steps; ++step, h /= 2) {
    auto points = bench.points();
    for (std::size_t i = 0; i < varied.size(); ++i)
      points[varied[i]] = moved(points[varied[i]], h, directions[i].second);
    bench.set_inputs(points);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto& value = execution.value(outputs[i]);
      if (step == 0) {
        const double change = norm(moved(value, -1.0, start[i]));
        const double scale = norm(start[i]) + std::max(h * norm(changes[i]), change);
        scales.push_back(scale == 0 ? 1 : scale);
        results[i].change = change / scales[i];
      }
      const AnyTensor predicted = moved(start[i], h, changes[i]);
      results[i].steps.push_back(h);
      results[i].remainders.push_back(norm(moved(value, -1.0, predicted)) / scales[i]);
    }
  }
  return results;
}

}  // namespace

double duality_mismatch(const OperationCase& test, std::uint32_t seed) {
  double worst = 0;
  for (const auto& varied : variations(test)) {
    Bench bench(test, varied, seed);
    const auto all = random_adjoints(bench, bench.execution());
    Places outputs(all.size());
    std::iota(outputs.begin(), outputs.end(), std::size_t{0});
    for (const auto& seeded : alone_and_together(outputs)) {
      Execution::Seeds adjoints;
      for (const auto i : seeded) adjoints.push_back(all[i]);
      const double found = mismatch(bench.execution(), bench.directions(), adjoints);
      // NaN must not pass for small.
      if (std::isnan(found)) return found;
      worst = std::max(worst, found);
    }
  }
  return worst;
}

std::vector<TaylorRemainders> taylor_remainders(const OperationCase& test, std::uint32_t seed) {
  std::vector<TaylorRemainders> all;
  for (const auto& varied : variations(test)) {
    for (auto& remainders : remainders_of(test, varied, seed)) all.push_back(std::move(remainders));
  }
  return all;
}

double TaylorRemainders::order(double noise) const {
  double smallest = 2;
  for (std::size_t i = 0; i + 1 < remainders.size(); ++i) {
    if (!std::isfinite(remainders[i]) || !std::isfinite(remainders[i + 1]))
      return -std::numeric_limits<double>::infinity();
    if (remainders[i + 1] > noise)
      smallest = std::min(smallest, std::log2(remainders[i] / remainders[i + 1]));
  }
  return smallest;
}

}  // namespace eigenprop
