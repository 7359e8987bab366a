// Speed of the gradient of t-SNE and of symmetric SNE, all pairs, in double precision: one
// iteration. peer_tsne.py times whole programs against scikit-learn. Arguments: points N; whether P
// is exact, N x N, or that of the 90 nearest neighbours; dimensions.

#include <benchmark/benchmark.h>

#include "objectives/neighbour_embedding.hpp"
#include "run_benchmarks.hpp"
#include "runtime/random.hpp"

namespace {

using namespace eigenprop;

std::vector<double> random_values(std::int64_t count, double deviation) {
  const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
  std::vector<double> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = deviation * stream.normal(i);
  return values;
}

Affinities affinities_of(std::int64_t points, bool exact, const Communicator& comm) {
  constexpr int features = 16;
  const auto x = random_values(points * features, 1);
  AffinitySettings settings;
  settings.exact = exact;
  return neighbour_affinities(x.data(), points, features, settings, comm);
}

template <EmbeddingKind kind>
void gradient(benchmark::State& state) {
  const auto comm = Communicator::self();
  const std::int64_t points = state.range(0), dimensions = state.range(2);
  NeighbourEmbedding objective(kind, affinities_of(points, state.range(1) != 0, comm),
                               static_cast<int>(dimensions), comm);
  const auto y = random_values(points * dimensions, 10);
  std::vector<double> result(y.size());
  for (auto _ : state) objective.gradient(y.data(), 1, result.data());
  benchmark::DoNotOptimize(result.data());
  state.counters["pairs/s"] = benchmark::Counter(static_cast<double>(points * points),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void affinities(benchmark::State& state) {
  const auto comm = Communicator::self();
  for (auto _ : state)
    benchmark::DoNotOptimize(affinities_of(state.range(0), state.range(1) != 0, comm));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"points", "exact", "dimensions"})
      ->Args({250, 1, 2})
      ->Args({1797, 0, 2})
      ->Args({1797, 1, 2})
      ->Args({1797, 1, 5})
      ->Args({20000, 0, 2})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

BENCHMARK_TEMPLATE(gradient, EmbeddingKind::tsne)->Name("tsne")->Apply(sizes);
BENCHMARK_TEMPLATE(gradient, EmbeddingKind::ssne)->Name("ssne")->Apply(sizes);
BENCHMARK(affinities)
    ->ArgNames({"points", "exact"})
    ->Args({1797, 0})
    ->Args({1797, 1})
    ->Args({20000, 0})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace

int main(int argc, char** argv) { return eigenprop::run_benchmarks(argc, argv); }
