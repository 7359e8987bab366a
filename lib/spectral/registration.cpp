#include "spectral/registration.hpp"

#include <cmath>
#include <limits>

#include "spectral/second_order_pooling.hpp"
#include "spectral/symmetric_function.hpp"
#include "spectral/upper_triangle.hpp"

namespace eigenprop {
namespace {

template <class Scalar>
OperationCase pooling_case(const std::string& name, const SecondOrderPoolingSettings& settings,
                           const Shape& shape, double offset, double scale) {
  return {name,
          std::make_shared<SecondOrderPooling<Scalar>>(settings),
          {normal_input(shape, precision_of<Scalar>(), scale, offset)},
          0.01};
}

template <class Scalar>
std::vector<OperationCase> pooling_cases() {
  SecondOrderPoolingSettings log;
  log.epsilon = 0.5;
  SecondOrderPoolingSettings svd = log;
  svd.route = GramRoute::svd;
  SecondOrderPoolingSettings gram = log;
  gram.route = GramRoute::gram;
  SecondOrderPoolingSettings root = log;
  root.function = ScalarFunction::square_root();
  SecondOrderPoolingSettings power = log;
  power.function = ScalarFunction::power(0.3);
  SecondOrderPoolingSettings inverse = log;
  inverse.function = ScalarFunction::inverse_square_root();
  SecondOrderPoolingSettings plain = log;
  plain.function = ScalarFunction::identity();
  return {
      pooling_case<Scalar>("log, more locations than features", log, {3, 4, 2, 5}, 0, 1),
      pooling_case<Scalar>("log, fewer locations than features", log, {3, 4, 9}, 0, 1),
      pooling_case<Scalar>("log, square, by singular values", svd, {2, 6, 6}, 0, 1),
      pooling_case<Scalar>("log, wide, by singular values", svd, {2, 3, 7}, 0, 1),
      pooling_case<Scalar>("log, rank one, tall", log, {1, 7, 4}, 1, 0),
      pooling_case<Scalar>("log, rank one, wide", gram, {2, 4, 7}, 1, 0),
      pooling_case<Scalar>("log, zero", log, {2, 3, 5}, 0, 0),
      pooling_case<Scalar>("square root, one location", root, {2, 1, 6}, 0, 1),
      pooling_case<Scalar>("power, one feature", power, {2, 5, 1}, 0, 1),
      pooling_case<Scalar>("inverse square root", inverse, {2, 3, 5}, 0, 1),
      pooling_case<Scalar>("identity", plain, {2, 3, 5}, 0, 1),
  };
}

template <class Scalar>
std::vector<OperationCase> symmetric_cases() {
  const auto of = [](const ScalarFunction& g) {
    return std::make_shared<SymmetricFunction<Scalar>>(g);
  };
  const auto p = precision_of<Scalar>();
  const auto cosine = ScalarFunction::user(
      "cos", [](double x) { return std::cos(x); }, [](double x) { return -std::sin(x); },
      -std::numeric_limits<double>::infinity(), true);
  return {
      {"exponential", of(ScalarFunction::exponential()), {normal_input({3, 5, 5}, p, 0.5)}, 0.01},
      {"exponential of zero",
       of(ScalarFunction::exponential()),
       {normal_input({2, 4, 4}, p, 0)},
       0.1},
      {"one by one", of(ScalarFunction::log()), {normal_input({2, 1, 1}, p, 0.1, 3)}, 0.1},
      {"a user's function", of(cosine), {normal_input({2, 4, 4}, p)}, 0.01},
  };
}

template <class Scalar>
std::vector<OperationCase> triangle_cases() {
  const auto p = precision_of<Scalar>();
  const auto operation = std::make_shared<UpperTriangle<Scalar>>();
  return {{"batch", operation, {normal_input({3, 4, 4}, p)}},
          {"one by one", operation, {normal_input({1, 1, 1}, p)}}};
}

template <class Of32, class Of64>
CaseLister either(Of32 of32, Of64 of64) {
  return [=](Precision p) { return p == Precision::f32 ? of32() : of64(); };
}

}  // namespace

void register_spectral_operations(OperationRegistry& registry) {
  registry.add("second_order_pooling", either(pooling_cases<float>, pooling_cases<double>));
  registry.add("symmetric_function", either(symmetric_cases<float>, symmetric_cases<double>));
  registry.add("upper_triangle", either(triangle_cases<float>, triangle_cases<double>));
  register_decompositions(registry);
}

}  // namespace eigenprop
