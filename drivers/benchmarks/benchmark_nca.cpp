// Speed of linear NCA, objective and gradient, in double precision: through the graph in
// O(dDN + dN²), and by the textbook's sum over pairs of differences of x in O(dDN²)
// (nca-automatic-differentiation.txt). peer_nca.py measures scikit-learn and PyTorch on the same
// sizes. Arguments: points N, features D, dimensions d.

#include <benchmark/benchmark.h>

#include <cmath>

#include "linear_neighbourhood.hpp"
#include "run_benchmarks.hpp"

namespace {

using namespace eigenprop;

void linear_nca(benchmark::State& state) {
  const auto comm = Communicator::self();
  LinearNeighbourhood problem(state.range(0), state.range(1), state.range(2), comm);
  double value = 0;
  for (auto _ : state) value = problem.evaluate(comm);
  state.counters["objective"] = value;
}

// The gradient -2A Σ_ij p_ij (c_ij - δ_i) (x_i - x_j)(x_i - x_j)ᵀ, pair by pair.
void textbook(benchmark::State& state) {
  const std::int64_t n = state.range(0), features = state.range(1), d = state.range(2);
  const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
  std::vector<double> x(static_cast<std::size_t>(n * features));
  std::vector<double> a(static_cast<std::size_t>(d * features));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = stream.normal(i);
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] = stream.normal(x.size() + i) / std::sqrt(static_cast<double>(features));
  std::vector<double> difference(static_cast<std::size_t>(features));
  std::vector<double> embedded(static_cast<std::size_t>(d)), p(static_cast<std::size_t>(n));
  std::vector<double> gradient(a.size());
  const auto embed = [&](std::int64_t i, std::int64_t j) {
    double squares = 0;
    for (std::int64_t k = 0; k < features; ++k)
      difference[static_cast<std::size_t>(k)] = x[static_cast<std::size_t>(i * features + k)] -
                                                x[static_cast<std::size_t>(j * features + k)];
    for (std::int64_t r = 0; r < d; ++r) {
      double sum = 0;
      for (std::int64_t k = 0; k < features; ++k)
        sum +=
            a[static_cast<std::size_t>(r * features + k)] * difference[static_cast<std::size_t>(k)];
      embedded[static_cast<std::size_t>(r)] = sum;
      squares += sum * sum;
    }
    return squares;
  };
  for (auto _ : state) {
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (std::int64_t i = 0; i < n; ++i) {
      double sum = 0, same = 0;
      for (std::int64_t j = 0; j < n; ++j) {
        const double e = i == j ? 0 : std::exp(-embed(i, j));
        p[static_cast<std::size_t>(j)] = e;
        sum += e;
        if (i % 10 == j % 10) same += e;
      }
      for (std::int64_t j = 0; j < n; ++j) {
        if (i == j) continue;
        embed(i, j);
        const double c = i % 10 == j % 10 ? -1 : 0;
        const double weight = -2 * p[static_cast<std::size_t>(j)] / sum * (c + same / sum);
        for (std::int64_t r = 0; r < d; ++r) {
          for (std::int64_t k = 0; k < features; ++k)
            gradient[static_cast<std::size_t>(r * features + k)] +=
                weight * embedded[static_cast<std::size_t>(r)] *
                difference[static_cast<std::size_t>(k)];
        }
      }
    }
    benchmark::DoNotOptimize(gradient.data());
  }
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"points", "features", "dimensions"})
      ->Args({1797, 64, 16})
      ->Args({5000, 784, 32})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

// Doubles N, then D; analysis/plot_growth.py draws it.
void growth(benchmark::internal::Benchmark* b) {
  b->ArgNames({"points", "features", "dimensions"})
      ->Args({250, 64, 8})
      ->Args({500, 64, 8})
      ->Args({1000, 64, 8})
      ->Args({2000, 64, 8})
      ->Args({500, 128, 8})
      ->Args({500, 256, 8})
      ->Args({500, 512, 8})
      ->Args({500, 1024, 8})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

BENCHMARK(linear_nca)->Apply(sizes);
BENCHMARK(linear_nca)->Name("growth_graph")->Apply(growth);
BENCHMARK(textbook)->Name("growth_textbook")->Apply(growth);

}  // namespace

int main(int argc, char** argv) { return eigenprop::run_benchmarks(argc, argv); }
