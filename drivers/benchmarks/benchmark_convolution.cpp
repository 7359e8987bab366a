// Speed of Convolution2d in float: forward alone, and forward with the adjoints in the image, the
// weight and the bias, as one step of training needs them. peer_convolution.py measures PyTorch on
// the same cases.

#include <benchmark/benchmark.h>

#include <memory>

#include "graph/execution.hpp"
#include "operations/convolution2d.hpp"
#include "run_benchmarks.hpp"

namespace {

using namespace eigenprop;

// One convolution planned on random data.
class Bench {
 public:
  explicit Bench(const benchmark::State& state) {
    const Shape image = {state.range(0), state.range(1), state.range(2), state.range(3)};
    const std::int64_t outputs = state.range(4);
    const std::int64_t kernel = state.range(5);
    const Convolution2dSettings settings = {outputs,        kernel, kernel, state.range(6),
                                            state.range(7), 1,      1};
    const Initializer normal = {Initializer::Kind::normal, 1};
    const auto x = graph_.input("x", Precision::f32, true);
    const auto weight =
        graph_.parameter("weight", {{kernel, kernel, image[3], outputs}, Precision::f32}, normal);
    const auto bias = graph_.parameter("bias", {{outputs}, Precision::f32}, normal);
    y_ = graph_.apply("convolution", std::make_shared<Convolution2d<float>>(settings),
                      {x, weight, bias});
    execution_ = &graph_.plan({{image, Precision::f32}}, Mode::training);
    const auto random = ParameterSet().create("x", {image, Precision::f32}, normal, 1);
    copy(execution_->input(0), random->value);
    // The gradient of half the squared norm; only its being dense matters.
    adjoint_ = execution_->value(y_);
    forward();
  }

  void forward() { execution_->forward(RandomKey{}); }
  void backward() { execution_->backward({{y_, adjoint_}}); }
  double flops() const { return execution_->report().at(0).flops; }

 private:
  Graph graph_;
  Value y_;
  Execution* execution_ = nullptr;
  AnyTensor adjoint_;
};

void report_rate(benchmark::State& state, double flops) {
  state.counters["FLOP/s"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

void convolution_forward(benchmark::State& state) {
  Bench bench(state);
  for (auto _ : state) {
    bench.forward();
    Kokkos::fence();
  }
  report_rate(state, bench.flops());
}

void convolution_forward_adjoints(benchmark::State& state) {
  Bench bench(state);
  for (auto _ : state) {
    bench.forward();
    bench.backward();
    Kokkos::fence();
  }
  report_rate(state, 3 * bench.flops());
}

void all_cases(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"batch", "height", "width", "in", "out", "kernel", "stride", "padding"});
  benchmark->Args({1, 224, 224, 64, 64, 3, 1, 1});  // VGG-16 conv1_2
  benchmark->Args({1, 481, 321, 64, 64, 3, 1, 1});  // the same on an image of BSDS
  benchmark->Args({1, 56, 56, 256, 256, 3, 1, 1});  // VGG-16 conv3_2
  benchmark->Args({1, 224, 224, 3, 64, 11, 4, 2});  // AlexNet conv1
  benchmark->Args({1, 13, 13, 192, 384, 3, 1, 1});  // AlexNet conv3
  benchmark->Args({10, 32, 32, 64, 64, 3, 1, 1});   // small trunks
  benchmark->Args({10, 32, 32, 64, 64, 5, 1, 2});
  benchmark->UseRealTime()->Unit(benchmark::kMillisecond);
}

BENCHMARK(convolution_forward)->Apply(all_cases);
BENCHMARK(convolution_forward_adjoints)->Apply(all_cases);

}  // namespace

int main(int argc, char** argv) { return eigenprop::run_benchmarks(argc, argv); }
