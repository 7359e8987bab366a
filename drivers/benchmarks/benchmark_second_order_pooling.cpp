// Speed of second-order pooling log(FᵀF + εI), forward and adjoint, in double precision;
// peer_second_order_pooling.py measures PyTorch on the same sizes. Arguments: batch, locations m,
// features d.

#include <benchmark/benchmark.h>

#include "run_benchmarks.hpp"
#include "runtime/random.hpp"
#include "spectral/second_order_pooling.hpp"

namespace {

using namespace eigenprop;

Tensor<double> normal(const Shape& shape) {
  const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = stream.normal(i);
  Tensor<double> tensor(shape);
  from_host(tensor, values);
  return tensor;
}

std::vector<AnyTensor> allocate(const std::vector<TensorSpec>& specs) {
  std::vector<AnyTensor> tensors;
  tensors.reserve(specs.size());
  for (const auto& spec : specs) tensors.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  return tensors;
}

void second_order_pooling(benchmark::State& state, GramRoute route) {
  SecondOrderPoolingSettings settings;
  settings.route = route;
  const SecondOrderPooling<double> pooling(settings);
  const Shape shape{state.range(0), state.range(1), state.range(2)};
  const auto plan = pooling.plan({{shape, Precision::f64}});
  Arguments arguments;
  arguments.inputs = {normal(shape)};
  arguments.outputs = allocate(plan.outputs);
  arguments.saved = allocate(plan.saved);
  arguments.scratch = allocate(plan.scratch);
  const std::vector<AnyTensor> output_adjoints = {normal({shape[0], shape[2], shape[2]})};
  const std::vector<AnyTensor> input_adjoints = {Tensor<double>(shape)};

  for (auto _ : state) {
    pooling.forward(arguments);
    pooling.adjoint(arguments, output_adjoints, input_adjoints);
  }
  state.counters["images/s"] = benchmark::Counter(static_cast<double>(shape[0]),
                                                  benchmark::Counter::kIsIterationInvariantRate);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"batch", "locations", "features"})
      ->Args({100, 36, 256})
      ->Args({100, 169, 256})
      ->Args({100, 64, 64})
      ->Args({20, 196, 512})
      ->Args({2, 9, 16})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

BENCHMARK_CAPTURE(second_order_pooling, automatic, GramRoute::automatic)->Apply(sizes);
BENCHMARK_CAPTURE(second_order_pooling, svd, GramRoute::svd)->Apply(sizes);

}  // namespace

int main(int argc, char** argv) { return eigenprop::run_benchmarks(argc, argv); }
