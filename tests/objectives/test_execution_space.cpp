#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "cuts/registration.hpp"
#include "graph/execution.hpp"
#include "graph/registry.hpp"
#include "launches.hpp"
#include "objectives/registration.hpp"
#include "operations/registration.hpp"
#include "optimization/momentum_sgd.hpp"
#include "parallel/gradient_exchange.hpp"
#include "spectral/registration.hpp"
#include "test_session.hpp"

// Graphs on an instance that is not the default one.
namespace eigenprop {
namespace {

// A part of the default instance; another handle of all of it with a Kokkos that divides none, or
// where there is one thread.
ExecutionSpace other_space() {
#if KOKKOS_VERSION >= 30500
  const bool serial = std::string(ExecutionSpace::name()) == "Serial";
  if (serial || ExecutionSpace().concurrency() > 1)
    return Kokkos::Experimental::partition_space(ExecutionSpace(), 1, 1)[1];
#endif
  return ExecutionSpace();
}

// To the bit, but for sums over threads where their number is another.
void expect_equal(const ExecutionSpace& space, const std::vector<double>& actual,
                  const std::vector<double>& expected, const std::string& what) {
  const bool same_threads = space.concurrency() == ExecutionSpace().concurrency();
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double size = 0;
  for (const double value : expected) size = std::max(size, std::abs(value));
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (same_threads) {
      ASSERT_EQ(actual[i], expected[i]) << what << ", element " << i;
    } else {
      ASSERT_NEAR(actual[i], expected[i], 1e-10 * size) << what << ", element " << i;
    }
  }
}

std::vector<double> values_of(const AnyTensor& tensor) {
  return tensor.visit([](const auto& t) {
    const auto values = to_host(t);
    return std::vector<double>(values.begin(), values.end());
  });
}

Tensor<double> random_tensor(const Shape& shape, double offset, double scale, std::uint32_t id,
                             const std::vector<double>& centre = {}) {
  const RandomStream stream(RandomKey{5, RandomPurpose::test, 0, id, 0});
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = offset + scale * stream.normal(i);
    if (!centre.empty()) values[i] += centre[i % centre.size()];
  }
  Tensor<double> tensor(shape);
  from_host(tensor, values);
  return tensor;
}

struct Result {
  std::vector<double> outputs, variations, adjoints;
  std::vector<std::string> elsewhere;  ///< kernels of the maps that ran on another instance
};

// All maps of one case in double precision.
Result run(const OperationCase& test, const ExecutionSpace& space) {
  Graph graph(1, space);
  std::vector<Value> inputs;
  std::vector<TensorSpec> specs;
  for (const auto& sample : test.inputs) {
    inputs.push_back(graph.input("input" + std::to_string(inputs.size()), sample.spec.precision,
                                 sample.differentiable));
    specs.push_back(sample.spec);
  }
  auto values = graph.apply("operation", test.operation, inputs,
                            static_cast<int>(test.operation->plan(specs).outputs.size()));
  if (test.observe) values = test.observe(graph, values);
  auto& execution = graph.plan(specs, Mode::training);
  Execution::Seeds directions;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& sample = test.inputs[i];
    const auto id = static_cast<std::uint32_t>(i);
    if (sample.spec.precision == Precision::i32) {
      from_host(execution.input(i).as<std::int32_t>(), sample.labels);
    } else if (sample.spec.precision == Precision::f64) {
      copy(execution.input(i),
           random_tensor(sample.spec.shape, sample.offset, sample.scale, id, sample.centre));
      if (sample.differentiable)
        directions.emplace_back(inputs[i], random_tensor(sample.spec.shape, 0, 1, id + 100));
    }
  }
  Result result;
  const Launches launches;
  execution.forward(RandomKey{5, RandomPurpose::test, 0, 0, 0});
  Execution::Seeds adjoints;
  for (const Value value : values) {
    const auto& y = execution.value(value);
    const auto numbers = values_of(y);
    result.outputs.insert(result.outputs.end(), numbers.begin(), numbers.end());
    if (y.precision() != Precision::f64) continue;
    adjoints.emplace_back(value, random_tensor(y.shape(), 0, 1, 200));
    const auto changes = values_of(execution.variation(directions, value));
    result.variations.insert(result.variations.end(), changes.begin(), changes.end());
  }
  execution.backward(adjoints);
  result.elsewhere = launches.not_on(space, host_space_of(space));
  for (const auto& direction : directions) {
    const auto numbers = values_of(execution.adjoint(direction.first));
    result.adjoints.insert(result.adjoints.end(), numbers.begin(), numbers.end());
  }
  return result;
}

bool is_double(const OperationCase& test) {
  std::vector<TensorSpec> specs;
  for (const auto& sample : test.inputs) specs.push_back(sample.spec);
  const auto outputs = test.operation->plan(specs).outputs;
  specs.insert(specs.end(), outputs.begin(), outputs.end());
  return std::all_of(specs.begin(), specs.end(),
                     [](const TensorSpec& spec) { return spec.precision != Precision::f32; });
}

TEST(ExecutionSpace, EveryOperationComputesTheSameOnAnotherInstance) {
  OperationRegistry registry;
  register_operations(registry);
  register_spectral_operations(registry);
  register_cuts_operations(registry);
  register_objective_operations(registry);
  const ExecutionSpace space = other_space();
  int cases = 0;
  for (const auto& entry : registry.entries()) {
    for (const auto& test : entry.cases(Precision::f64)) {
      if (!is_double(test)) continue;
      const std::string name = entry.type + ", " + test.name;
      const auto expected = run(test, ExecutionSpace());
      const auto actual = run(test, space);
      expect_equal(space, actual.outputs, expected.outputs, name);
      expect_equal(space, actual.variations, expected.variations, name + ", variation");
      expect_equal(space, actual.adjoints, expected.adjoints, name + ", adjoint");
      EXPECT_EQ(actual.elsewhere, std::vector<std::string>()) << name;
      EXPECT_EQ(expected.elsewhere, std::vector<std::string>()) << name;
      ++cases;
    }
  }
  EXPECT_GT(cases, 50);
}

// A parameter that moves by its own value.
std::vector<double> trained(const ExecutionSpace& space) {
  ParameterSet parameters;
  const auto parameter = parameters.create("weight", {{100}, Precision::f64}, Initializer(), 1);
  copy(parameter->value, random_tensor({100}, 0, 1, 1));
  copy(parameter->adjoint, random_tensor({100}, 0, 1, 2));
  GradientExchange exchange(parameters, test_communicator(), 1 << 20, space);
  MomentumSgd optimizer(parameters, {0.5, 0.1, 0}, space);
  const Launches launches;
  exchange.begin();
  exchange.add_last(*parameter);
  exchange.finish(0.5);
  optimizer.step(0.1);
  EXPECT_EQ(launches.not_on(space, host_space_of(space)), std::vector<std::string>());
  EXPECT_GT(launches.count(), 0U);
  return values_of(parameter->value);
}

TEST(ExecutionSpace, TrainingStepsAreTheSameOnAnotherInstance) {
  const ExecutionSpace space = other_space();
  expect_equal(space, trained(space), trained(ExecutionSpace()), "weight");
}

}  // namespace
}  // namespace eigenprop
