#include "gradient_comparison/gradient_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "graph/execution.hpp"
#include "spectral/newton_schulz.hpp"
#include "spectral/second_order_pooling.hpp"
#include "spectral/structured_function.hpp"

namespace eigenprop {
namespace {

constexpr const char* remedies[] = {"clip", "lorentzian", "taylor", "pade"};
constexpr int iterations[] = {5, 15};
constexpr const char* newton_schulz = "newton_schulz_";

bool power_of_two(std::int64_t n) { return n > 0 && (n & (n - 1)) == 0; }

// Entry of the Hadamard matrix of Sylvester: the parity of the bits that i and j share.
int hadamard(int i, int j) {
  int sign = 1;
  for (int bits = i & j; bits; bits &= bits - 1) sign = -sign;
  return sign;
}

struct Shuffle {
  std::vector<int> order;
  std::vector<int> signs;
};

Shuffle shuffle(int n, const RandomKey& key) {
  const RandomStream stream(key);
  const auto bits = [&](int i) { return stream.bits(static_cast<std::uint64_t>(i)); };
  Shuffle result;
  result.order.resize(static_cast<std::size_t>(n));
  std::iota(result.order.begin(), result.order.end(), 0);
  std::sort(result.order.begin(), result.order.end(),
            [&](int a, int b) { return bits(a) < bits(b); });
  for (int i = 0; i < n; ++i) result.signs.push_back(bits(n + i) % 2 == 0 ? 1 : -1);
  return result;
}

template <class Scalar>
Value add_way(Graph& graph, Value features, const std::string& way, const ScalarFunction& function,
              double epsilon) {
  SecondOrderPoolingSettings pooling;
  pooling.epsilon = epsilon;
  if (way == "exact") {
    pooling.function = function;
    return graph.apply(way, std::make_shared<SecondOrderPooling<Scalar>>(pooling), {features});
  }
  if (way.rfind(newton_schulz, 0) == 0) {
    pooling.function = ScalarFunction::identity();
    NewtonSchulzSettings root;
    root.iterations = std::stoi(way.substr(std::string(newton_schulz).size()));
    const Value z =
        graph.apply("gram", std::make_shared<SecondOrderPooling<Scalar>>(pooling), {features});
    return graph.apply(way, std::make_shared<NewtonSchulzRoot<Scalar>>(root), {z});
  }
  GapTreatment gaps;
  if (way.size() > 4) gaps.remedy = gap_remedy(way.substr(4));
  if (way.rfind("svd", 0) == 0) {
    SingularValueSettings settings;
    settings.gaps = gaps;
    return pool_by_singular_values<Scalar>(graph, way, features, function, epsilon, settings);
  }
  require(way.rfind("eig", 0) == 0, "there is no way '" + way + "' to second-order pooling");
  EigenvectorSettings settings;
  settings.gaps = gaps;
  return pool_by_eigenvalues<Scalar>(graph, way, features, function, epsilon, settings);
}

template <class Scalar>
Tensor<Scalar> tensor_of(const Shape& shape, const std::vector<double>& values) {
  Tensor<Scalar> tensor(shape);
  from_host(tensor, std::vector<Scalar>(values.begin(), values.end()));
  return tensor;
}

// Empty where the way fails.
template <class Scalar>
std::vector<double> gradient(const PoolingProblem& problem, const std::string& way) {
  Graph graph;
  const Value input = graph.input("features", precision_of<Scalar>(), true);
  const Value output =
      add_way<Scalar>(graph, input, way, scalar_function(problem.function), problem.epsilon);
  const Shape shape = {1, problem.m, problem.d};
  Execution& execution = graph.plan({{shape, precision_of<Scalar>()}}, Mode::training);
  copy(execution.input(0), tensor_of<Scalar>(shape, problem.features));
  try {
    execution.forward(RandomKey{});
    execution.backward({{output, tensor_of<Scalar>({1, problem.d, problem.d}, problem.adjoint)}});
  } catch (const Error&) {
    return {};
  }
  const auto result = to_host(execution.adjoint(input).as<Scalar>());
  return std::vector<double>(result.begin(), result.end());
}

}  // namespace

std::vector<std::string> pooling_ways(const std::string& function) {
  require(function == "log" || function == "sqrt",
          "gradients are compared for log and sqrt, not for '" + function + "'");
  std::vector<std::string> ways = {"exact", "svd", "eig"};
  for (const char* remedy : remedies) ways.push_back(std::string("svd_") + remedy);
  for (const char* remedy : remedies) ways.push_back(std::string("eig_") + remedy);
  if (function == "sqrt") {
    for (const int n : iterations) ways.push_back(newton_schulz + std::to_string(n));
  }
  return ways;
}

PoolingProblem hadamard_problem(int m, int d, const std::vector<double>& values, std::uint32_t seed,
                                std::uint32_t sample) {
  const double scale = 1 / std::sqrt(static_cast<double>(m) * d);
  require(
      power_of_two(m) && power_of_two(d) && std::exp2(std::round(std::log2(scale))) == scale,
      "the numbers of locations and features must be powers of 2, their product one of 4, not " +
          std::to_string(m) + " and " + std::to_string(d));
  require(static_cast<int>(values.size()) == std::min(m, d),
          "there must be min(m, d) singular values");
  const auto key = [&](std::uint32_t use) {
    return RandomKey{seed, RandomPurpose::test, 0, sample, use};
  };
  const auto rows = shuffle(m, key(0));
  const auto columns = shuffle(d, key(1));
  PoolingProblem problem;
  problem.m = m;
  problem.d = d;
  for (std::size_t i = 0; i < static_cast<std::size_t>(m); ++i) {
    for (std::size_t j = 0; j < static_cast<std::size_t>(d); ++j) {
      double sum = 0;
      for (int k = 0; k < std::min(m, d); ++k) {
        sum += hadamard(rows.order[i], k) * hadamard(k, columns.order[j]) *
               values[static_cast<std::size_t>(k)];
      }
      problem.features.push_back(scale * sum * rows.signs[i] * columns.signs[j]);
    }
  }
  const RandomStream stream(key(2));
  for (int i = 0; i < d * d; ++i)
    problem.adjoint.push_back(stream.normal(static_cast<std::uint64_t>(i)));
  return problem;
}

std::vector<double> paired_values(int d, double gap) {
  std::vector<double> values;
  for (int i = 0; i < d; ++i) {
    const int pair = i / 2;
    const double base = std::exp2(pair / 2) * (pair % 2 == 0 ? 1 : 1.5);
    values.push_back(base * (i % 2 == 0 ? 1 + gap : 1));
  }
  return values;
}

std::vector<double> spread_values(int d, double condition, double epsilon) {
  std::vector<double> values;
  for (int i = 0; i < d; ++i) {
    const double share = d > 1 ? 1 - static_cast<double>(i) / (d - 1) : 1;
    values.push_back(std::sqrt(epsilon * std::pow(condition, share)));
  }
  return values;
}

double gradient_error(const PoolingProblem& problem, const std::string& way, Precision precision,
                      const std::vector<double>& reference) {
  const auto found =
      precision == Precision::f32 ? gradient<float>(problem, way) : gradient<double>(problem, way);
  if (found.empty()) return std::numeric_limits<double>::quiet_NaN();
  require(found.size() == reference.size(), "a reference of another size than the gradient");
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    error += (found[i] - reference[i]) * (found[i] - reference[i]);
    size += reference[i] * reference[i];
  }
  return std::sqrt(error / size);
}

}  // namespace eigenprop
