// The gradient of second-order pooling C = log(FᵀF + εI) where all singular values of F are equal.
// With F = σQ, QᵀQ = I, it is 2 F sym(C̄) / (σ² + ε). The formulas by singular vectors
// (matrix-backpropagation.txt, eq. 46) divide by differences of singular values, here rounding
// errors or zero. Prints the relative error of SecondOrderPooling and of these formulas with their
// remedies.

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "graph/execution.hpp"
#include "runtime/session.hpp"
#include "spectral/second_order_pooling.hpp"
#include "spectral/structured_function.hpp"

using namespace eigenprop;

namespace {

constexpr int m = 12, d = 5;
constexpr double sigma = 3, epsilon = 1e-3;

// σ times the first columns of the reflection I - 2 v vᵀ / ‖v‖².
std::vector<double> features() {
  std::vector<double> v(m), f(m * d);
  double square = 0;
  for (int i = 0; i < m; ++i) square += std::pow(v[i] = std::sin(1.0 + i), 2);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < d; ++j) f[i * d + j] = sigma * ((i == j) - 2 * v[i] * v[j] / square);
  return f;
}

double error(Graph& graph, Value f, Value c) {
  std::vector<double> c_bar(d * d), exact(m * d);
  for (int i = 0; i < d * d; ++i) c_bar[i] = std::cos(1.3 * i);
  const auto values = features();
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < d; ++j)
      for (int l = 0; l < d; ++l) {
        exact[i * d + j] +=
            values[i * d + l] * (c_bar[l * d + j] + c_bar[j * d + l]) / (sigma * sigma + epsilon);
      }

  auto& execution = graph.plan({{{1, m, d}, Precision::f64}}, Mode::training);
  from_host(execution.input(0).as<double>(), values);
  execution.forward({});
  Tensor<double> seed({1, d, d});
  from_host(seed, c_bar);
  execution.backward({{c, seed}});
  const auto gradient = to_host(execution.adjoint(f).as<double>());
  double difference = 0, size = 0;
  for (int i = 0; i < m * d; ++i) {
    difference += std::pow(gradient[i] - exact[i], 2);
    size += std::pow(exact[i], 2);
  }
  return std::sqrt(difference / size);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [](Session&) {
    Graph graph;
    const Value f = graph.input("F", Precision::f64, true);
    const auto pooling = std::make_shared<SecondOrderPooling<double>>(SecondOrderPoolingSettings{});
    std::printf("exact %.2e\n", error(graph, f, graph.apply("pooling", pooling, {f})));
    for (const char* remedy : {"plain", "clip", "lorentzian", "taylor"}) {
      Graph other;
      const Value input = other.input("F", Precision::f64, true);
      SingularValueSettings settings;
      settings.gaps.remedy = gap_remedy(remedy);
      const Value c = pool_by_singular_values<double>(other, "pooling", input,
                                                      ScalarFunction::log(), epsilon, settings);
      try {
        std::printf("%s %.2e\n", remedy, error(other, input, c));
      } catch (const NonFiniteError& problem) {
        std::printf("%s: %s\n", remedy, problem.what());
      }
    }
    return ExitStatus::success;
  });
}
