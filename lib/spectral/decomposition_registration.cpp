#include <cmath>
#include <limits>

#include "spectral/newton_schulz.hpp"
#include "spectral/projector.hpp"
#include "spectral/registration.hpp"
#include "spectral/structured_function.hpp"

namespace eigenprop {
namespace {

// Matrices with these values on the diagonal, and noise of size `scale` everywhere: their singular
// values and eigenvalues are apart, and no vector is near a change of sign.
template <class Scalar>
InputSample near_diagonal(const Shape& shape, const std::vector<double>& diagonal, double scale) {
  InputSample sample;
  sample.spec = {shape, precision_of<Scalar>()};
  sample.scale = scale;
  const std::int64_t columns = shape.columns();
  sample.centre.assign(static_cast<std::size_t>(shape.size() / shape[0]), 0.0);
  for (std::size_t i = 0; i < diagonal.size(); ++i)
    sample.centre[i * static_cast<std::size_t>(columns + 1)] = diagonal[i];
  return sample;
}

std::vector<ScalarFunction> functions() {
  return {ScalarFunction::log(),
          ScalarFunction::square_root(),
          ScalarFunction::inverse_square_root(),
          ScalarFunction::power(0.3),
          ScalarFunction::exponential(),
          ScalarFunction::user(
              "cos", [](double x) { return std::cos(x); }, [](double x) { return -std::sin(x); },
              -std::numeric_limits<double>::infinity(), true)};
}

constexpr double epsilon = 0.5;

using Observer = std::function<std::vector<Value>(Graph&, const std::vector<Value>&)>;

// C = V g(Σ² + ε) Vᵀ of the outputs `values` and `vectors`.
template <class Scalar>
Observer singular_function(const ScalarFunction& g, std::size_t values, std::size_t vectors) {
  return [=](Graph& graph, const std::vector<Value>& outputs) {
    return graph.apply("function", std::make_shared<SingularValueFunction<Scalar>>(g, epsilon),
                       {outputs[values], outputs[vectors]}, 1);
  };
}

// Perturbations of `noise`, and Taylor steps that keep the values below apart.
constexpr double noise = 0.1;
constexpr double step = 0.2;

template <class Scalar>
std::vector<OperationCase> singular_value_cases() {
  const auto of = [](const SingularValueSettings& settings) {
    return std::make_shared<SingularValueDecomposition<Scalar>>(settings);
  };
  const auto tall = near_diagonal<Scalar>({3, 5, 3}, {3, 2, 1}, noise);
  const auto wide = near_diagonal<Scalar>({2, 3, 5}, {1, 3, 2}, noise);
  const SingularValueSettings all;
  SingularValueSettings u;
  u.values = u.v = false;
  SingularValueSettings v;
  v.u = v.values = false;
  SingularValueSettings values;
  values.u = values.v = false;
  SingularValueSettings full;
  full.full = true;
  const auto root = ScalarFunction::square_root();
  std::vector<OperationCase> cases = {
      {"tall", of(all), {tall}, step},
      {"wide", of(all), {wide}, step},
      {"square", of(all), {near_diagonal<Scalar>({2, 4, 4}, {1, 4, 2, 3}, noise)}, step},
      {"feature map", of(all), {near_diagonal<Scalar>({2, 2, 3, 4}, {4, 3, 2, 1}, noise)}, step},
      // The one element of V, and of U, is a sign.
      {"one column",
       of(all),
       {normal_input({2, 4, 1}, precision_of<Scalar>(), 0.3, 1)},
       step,
       {},
       {2}},
      {"one row",
       of(all),
       {normal_input({2, 1, 4}, precision_of<Scalar>(), 0.3, 1)},
       step,
       {},
       {0}},
      {"U alone", of(u), {tall}, step},
      {"U alone, wide", of(u), {wide}, step},
      {"V alone", of(v), {tall}, step},
      {"V alone, wide", of(v), {wide}, step},
      {"Σ alone", of(values), {tall}, step},
      {"full, square", of(full), {near_diagonal<Scalar>({2, 3, 3}, {1, 3, 2}, noise)}, step},
      // What completes U or V is defined up to a rotation: a function of XXᵀ or XᵀX.
      {"full, tall", of(full), {tall}, step, singular_function<Scalar>(root, 1, 0)},
      {"full, wide", of(full), {wide}, step, singular_function<Scalar>(root, 1, 2)},
  };
  for (const auto remedy :
       {GapRemedy::clip, GapRemedy::lorentzian, GapRemedy::taylor, GapRemedy::pade}) {
    SingularValueSettings treated = all;
    treated.gaps.remedy = remedy;
    cases.push_back(
        {"remedy " + std::to_string(static_cast<int>(remedy)), of(treated), {tall}, step});
  }
  // Smaller, for the exponential in float.
  const auto small_tall = near_diagonal<Scalar>({3, 5, 3}, {1.5, 1, 0.5}, noise / 2);
  const auto small_wide = near_diagonal<Scalar>({2, 3, 5}, {0.5, 1.5, 1}, noise / 2);
  for (const auto& g : functions()) {
    const auto observe = singular_function<Scalar>(g, 1, 2);
    cases.push_back({g.name() + " of XᵀX, tall", of(all), {small_tall}, step, observe});
    cases.push_back({g.name() + " of XᵀX, wide", of(all), {small_wide}, step, observe});
  }
  return cases;
}

template <class Scalar>
std::vector<OperationCase> eigenvector_cases() {
  const auto of = [](GapRemedy remedy) {
    EigenvectorSettings settings;
    settings.gaps.remedy = remedy;
    return std::make_shared<SymmetricEigendecomposition<Scalar>>(settings);
  };
  const auto indefinite = near_diagonal<Scalar>({3, 4, 4}, {1, -3, 2, -0.5}, noise);
  const auto definite = near_diagonal<Scalar>({2, 4, 4}, {1, 4, 2, 6}, noise);
  std::vector<OperationCase> cases = {
      {"indefinite", of(GapRemedy::plain), {indefinite}, step},
      {"definite", of(GapRemedy::plain), {definite}, step},
      {"one by one",
       of(GapRemedy::plain),
       {normal_input({2, 1, 1}, precision_of<Scalar>(), 0.3, 1)},
       step,
       {},
       {0}},
      {"clip", of(GapRemedy::clip), {indefinite}, step},
      {"lorentzian", of(GapRemedy::lorentzian), {indefinite}, step},
      {"taylor", of(GapRemedy::taylor), {definite}, step},
      {"pade", of(GapRemedy::pade), {definite}, step},
  };
  const auto small = near_diagonal<Scalar>({2, 4, 4}, {0.5, 2, 1, 3}, noise / 2);
  for (const auto& g : functions()) {
    cases.push_back({g.name(),
                     of(GapRemedy::plain),
                     {small},
                     step,
                     [g](Graph& graph, const std::vector<Value>& outputs) {
                       return graph.apply("function",
                                          std::make_shared<EigenvalueFunction<Scalar>>(g),
                                          {outputs[1], outputs[0]}, 1);
                     }});
  }
  return cases;
}

template <class Scalar>
std::vector<OperationCase> singular_function_cases() {
  std::vector<OperationCase> cases;
  for (const auto& g : functions()) {
    const auto operation = std::make_shared<SingularValueFunction<Scalar>>(g, epsilon);
    const auto values = normal_input({2, 3}, precision_of<Scalar>(), 0.2, 1);
    cases.push_back({g.name() + ", square V",
                     operation,
                     {values, normal_input({2, 3, 3}, precision_of<Scalar>())},
                     0.1});
    cases.push_back({g.name() + ", fewer columns",
                     operation,
                     {values, normal_input({2, 5, 3}, precision_of<Scalar>())},
                     0.1});
    cases.push_back({g.name() + ", columns without value",
                     operation,
                     {values, normal_input({2, 5, 5}, precision_of<Scalar>())},
                     0.1});
  }
  return cases;
}

template <class Scalar>
std::vector<OperationCase> eigenvalue_function_cases() {
  std::vector<OperationCase> cases;
  for (const auto& g : functions()) {
    cases.push_back({g.name(),
                     std::make_shared<EigenvalueFunction<Scalar>>(g),
                     {normal_input({3, 4}, precision_of<Scalar>(), 0.2, 2),
                      normal_input({3, 4, 4}, precision_of<Scalar>())},
                     0.1});
  }
  return cases;
}

template <class Scalar>
std::vector<OperationCase> newton_schulz_cases() {
  const auto input = near_diagonal<Scalar>({2, 4, 4}, {1, 1, 3, 5}, noise);
  const auto of = [](NewtonSchulzSettings::Normalization normalization, int iterations) {
    return std::make_shared<NewtonSchulzRoot<Scalar>>(
        NewtonSchulzSettings{normalization, iterations});
  };
  const auto trace = NewtonSchulzSettings::Normalization::trace;
  const auto frobenius = NewtonSchulzSettings::Normalization::frobenius;
  return {
      {"trace, one iteration", of(trace, 1), {input}, step},
      {"trace, five iterations", of(trace, 5), {input}, step},
      {"trace, converged", of(trace, 12), {input}, step},
      {"Frobenius norm", of(frobenius, 5), {input}, step},
      {"one by one",
       of(frobenius, 3),
       {normal_input({2, 1, 1}, precision_of<Scalar>(), 0.2, 2)},
       step},
  };
}

template <class Scalar>
std::vector<OperationCase> projector_cases() {
  ProjectorSettings settings;
  settings.tolerance = 0.2;
  const auto operation = std::make_shared<RangeProjector<Scalar>>(settings);
  auto full = near_diagonal<Scalar>({2, 3, 3}, {3, -2, 1}, noise);
  full.influential = false;  // the projector onto all is I
  return {
      {"indefinite, deficient",
       operation,
       {near_diagonal<Scalar>({2, 5, 5}, {3, -2, 0, 1, 0}, noise / 2)},
       step},
      {"full rank", operation, {full}, step, {}, {0}},
      {"one dimension", operation, {near_diagonal<Scalar>({2, 4, 4}, {2}, noise / 2)}, step},
  };
}

template <class Of32, class Of64>
CaseLister either(Of32 of32, Of64 of64) {
  return [=](Precision p) { return p == Precision::f32 ? of32() : of64(); };
}

}  // namespace

void register_decompositions(OperationRegistry& registry) {
  registry.add("singular_value_decomposition",
               either(singular_value_cases<float>, singular_value_cases<double>));
  registry.add("symmetric_eigendecomposition",
               either(eigenvector_cases<float>, eigenvector_cases<double>));
  registry.add("singular_value_function",
               either(singular_function_cases<float>, singular_function_cases<double>));
  registry.add("eigenvalue_function",
               either(eigenvalue_function_cases<float>, eigenvalue_function_cases<double>));
  registry.add("newton_schulz_root",
               either(newton_schulz_cases<float>, newton_schulz_cases<double>));
  registry.add("range_projector", either(projector_cases<float>, projector_cases<double>));
}

}  // namespace eigenprop
