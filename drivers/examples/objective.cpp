// An objective written as a formula, and its gradient: topographic sparse coding of n patches of p
// pixels in k atoms and g groups,
//
//     f(A, s) = ‖As - x‖² + γ ‖A‖² + λ Σ sqrt(V (s ∘ s) + ε),
//
// with A (p, k), s (k, n), x (p, n), V (g, k). Prints f, and steps of gradient descent in s.

#include <cmath>
#include <cstdio>
#include <vector>

#include "graph/execution.hpp"
#include "operations/matrix_expression.hpp"
#include "runtime/session.hpp"

using namespace eigenprop;

namespace {

constexpr std::int64_t p = 6, k = 4, g = 2, n = 3;
constexpr double weight_decay = 0.1, sparsity = 0.5, epsilon = 1e-2;  // γ, λ, ε

// Numbers without a pattern.
std::vector<double> numbers(std::int64_t count, double phase) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i)
    values.push_back(std::sin(1.7 * static_cast<double>(i) + phase));
  return values;
}

void print(const char* name, const std::vector<double>& values) {
  std::printf("%s", name);
  for (const double value : values) std::printf(" %.17g", value);
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [](Session&) {
    Graph graph;
    const auto x = matrix_input(graph, "x");
    const auto V = matrix_input(graph, "V");
    const auto s = matrix_input(graph, "s", true);  // true: with a gradient
    const auto A = matrix_parameter(graph, "A", {p, k}, 0.1);
    const auto f = sum(square(A * s - x)) + weight_decay * sum(square(A)) +
                   sparsity * sum(square_root(V * square(s), epsilon));

    // Shapes of the inputs, in the order of their creation; buffers are allocated here, once.
    auto& execution =
        graph.plan({{{p, n}, Precision::f64}, {{g, k}, Precision::f64}, {{k, n}, Precision::f64}},
                   Mode::training);
    from_host(execution.input(0).as<double>(), numbers(p * n, 0));
    from_host(execution.input(1).as<double>(), {1, 1, 0, 0, 0, 0, 1, 1});
    from_host(graph.parameters().find("A")->value.as<double>(), numbers(p * k, 1));

    auto codes = numbers(k * n, 2);
    Tensor<double> one({1});
    Kokkos::deep_copy(one.view(), 1.0);
    for (int step = 0; step < 3; ++step) {
      from_host(execution.input(2).as<double>(), codes);
      execution.forward({});
      execution.backward({{f.value(), one}});
      const auto gradient = to_host(execution.adjoint(s.value()).as<double>());
      print("f", to_host(execution.value(f.value()).as<double>()));
      print("gradient_s", gradient);
      print("gradient_A", to_host(execution.adjoint(A.value()).as<double>()));
      for (std::size_t i = 0; i < codes.size(); ++i) codes[i] -= 0.02 * gradient[i];
    }
    return ExitStatus::success;
  });
}
