// Speed of J2 with its gradient in F, and of the spectral embedding; peer_ncuts.py measures PyTorch
// on the same sizes. Arguments: rows m, features d, segments k.

#include <benchmark/benchmark.h>

#include <memory>

#include "cuts/alignment.hpp"
#include "cuts/eigenvectors.hpp"
#include "run_benchmarks.hpp"
#include "runtime/random.hpp"

namespace {

using namespace eigenprop;

struct Problem {
  std::int64_t rows;
  int columns;
  std::vector<double> features;
  std::vector<std::int32_t> labels;
  Communicator self = Communicator::self();

  explicit Problem(const benchmark::State& state)
      : rows(state.range(0)), columns(static_cast<int>(state.range(1))) {
    const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
    features.resize(static_cast<std::size_t>(rows * columns));
    for (std::size_t i = 0; i < features.size(); ++i) features[i] = stream.uniform(i);
    for (std::int64_t i = 0; i < rows; ++i)
      labels.push_back(static_cast<std::int32_t>(i * state.range(2) / rows));
  }
  FeatureRows feature_rows() const { return {features.data(), rows, columns}; }
};

void j2_value_and_gradient(benchmark::State& state) {
  const Problem p(state);
  std::vector<double> gradient(p.features.size());
  for (auto _ : state) {
    const auto segmentation = count_segments(p.labels.data(), 1, p.rows, p.self);
    const auto point =
        align(AlignmentObjective::j2, p.feature_rows(), nullptr, segmentation, {}, p.self);
    alignment_gradient(AlignmentObjective::j2, point, p.feature_rows(), nullptr, segmentation, 1,
                       gradient.data(), nullptr, p.self);
    benchmark::DoNotOptimize(gradient.data());
  }
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(p.rows),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void embedding(benchmark::State& state) {
  const Problem p(state);
  for (auto _ : state) {
    const auto result = leading_eigenvectors(p.feature_rows(), nullptr, {}, p.self);
    benchmark::DoNotOptimize(result.eigenvectors.data());
  }
  state.counters["rows/s"] = benchmark::Counter(static_cast<double>(p.rows),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"rows", "features", "segments"})
      ->Args({2000, 20, 8})
      ->Args({154401, 20, 8})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

BENCHMARK(j2_value_and_gradient)->Apply(sizes);
BENCHMARK(embedding)->Apply(sizes);

}  // namespace

int main(int argc, char** argv) { return eigenprop::run_benchmarks(argc, argv); }
