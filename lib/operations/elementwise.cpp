#include "operations/elementwise.hpp"

#include <cmath>

#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

template <ElementFunction function, class Scalar>
KOKKOS_INLINE_FUNCTION Scalar value_of(Scalar x, Scalar epsilon) {
  using std::abs, std::exp, std::log, std::sqrt, std::tanh;
  if constexpr (function == ElementFunction::square) return x * x;
  if constexpr (function == ElementFunction::square_root) return sqrt(x + epsilon);
  if constexpr (function == ElementFunction::smooth_absolute) return sqrt(x * x + epsilon);
  if constexpr (function == ElementFunction::exponential) return exp(x);
  if constexpr (function == ElementFunction::logarithm) return log(x);
  if constexpr (function == ElementFunction::tanh) return tanh(x);
  if constexpr (function == ElementFunction::absolute_tanh) return abs(tanh(x));
  // NaN fails both comparisons and passes.
  if constexpr (function == ElementFunction::soft_threshold)
    return x > epsilon ? x - epsilon : x < -epsilon ? x + epsilon : Scalar(0) * x;
  if constexpr (function == ElementFunction::sigmoid) {
    // exp(-|x|) never overflows.
    const Scalar e = exp(-abs(x));
    return (x < Scalar(0) ? e : Scalar(1)) / (Scalar(1) + e);
  }
}

/// f'(x) for y = f(x).
template <ElementFunction function, class Scalar>
KOKKOS_INLINE_FUNCTION Scalar derivative_of(Scalar x, Scalar y) {
  if constexpr (function == ElementFunction::square) return 2 * x;
  if constexpr (function == ElementFunction::square_root) return Scalar(0.5) / y;
  // Without ε the corner of |x| has derivative 0.
  if constexpr (function == ElementFunction::smooth_absolute)
    return y > Scalar(0) ? x / y : Scalar(0) * y;
  if constexpr (function == ElementFunction::exponential) return y;
  if constexpr (function == ElementFunction::logarithm) return Scalar(1) / x;
  if constexpr (function == ElementFunction::sigmoid) return y * (Scalar(1) - y);
  if constexpr (function == ElementFunction::tanh) return Scalar(1) - y * y;
  if constexpr (function == ElementFunction::soft_threshold)
    return y == Scalar(0) ? Scalar(0) : Scalar(1);
  if constexpr (function == ElementFunction::absolute_tanh) {
    const Scalar slope = Scalar(1) - y * y;
    return x > Scalar(0) ? slope : x < Scalar(0) ? -slope : Scalar(0) * x;
  }
}

/// f(constant) with the function as a compile-time constant.
template <class F>
void with_function(ElementFunction function, const F& f) {
  using E = ElementFunction;
  switch (function) {
    case E::square:
      return f(std::integral_constant<E, E::square>{});
    case E::square_root:
      return f(std::integral_constant<E, E::square_root>{});
    case E::smooth_absolute:
      return f(std::integral_constant<E, E::smooth_absolute>{});
    case E::exponential:
      return f(std::integral_constant<E, E::exponential>{});
    case E::logarithm:
      return f(std::integral_constant<E, E::logarithm>{});
    case E::sigmoid:
      return f(std::integral_constant<E, E::sigmoid>{});
    case E::tanh:
      return f(std::integral_constant<E, E::tanh>{});
    case E::absolute_tanh:
      return f(std::integral_constant<E, E::absolute_tanh>{});
    case E::soft_threshold:
      return f(std::integral_constant<E, E::soft_threshold>{});
  }
}

template <ElementFunction function, class Scalar>
void evaluate(const ExecutionSpace& space, const AnyTensor& input, const AnyTensor& output,
              double epsilon) {
  const auto x = input.as<Scalar>().view();
  const auto y = output.as<Scalar>().view();
  const auto shift = static_cast<Scalar>(epsilon);
  for_each_index(
      space, "elementwise", input.shape().size(),
      KOKKOS_LAMBDA(std::int64_t i) { y(i) = value_of<function>(x(i), shift); });
}

/// to <- f'(x) from
template <ElementFunction function, class Scalar>
void multiply_by_derivative(const ExecutionSpace& space, const AnyTensor& input,
                            const AnyTensor& output, const AnyTensor& from, const AnyTensor& to) {
  const auto x = input.as<Scalar>().view();
  const auto y = output.as<Scalar>().view();
  const auto source = from.as<Scalar>().view();
  const auto target = to.as<Scalar>().view();
  for_each_index(
      space, "elementwise derivative", input.shape().size(), KOKKOS_LAMBDA(std::int64_t i) {
        target(i) = derivative_of<function>(x(i), y(i)) * source(i);
      });
}

}  // namespace

std::string element_function_name(ElementFunction function) {
  switch (function) {
    case ElementFunction::square:
      return "square";
    case ElementFunction::square_root:
      return "square_root";
    case ElementFunction::smooth_absolute:
      return "smooth_absolute";
    case ElementFunction::exponential:
      return "exponential";
    case ElementFunction::logarithm:
      return "logarithm";
    case ElementFunction::sigmoid:
      return "sigmoid";
    case ElementFunction::tanh:
      return "tanh";
    case ElementFunction::absolute_tanh:
      return "absolute_tanh";
    case ElementFunction::soft_threshold:
      return "soft_threshold";
  }
  return "";
}

template <class Scalar>
OperationPlan Elementwise<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.flops = static_cast<double>(inputs[0].shape.size());
  return plan;
}

template <class Scalar>
void Elementwise<Scalar>::forward(const Arguments& a) const {
  with_function(settings_.function, [&](auto function) {
    evaluate<decltype(function)::value, Scalar>(a.space, a.inputs[0], a.outputs[0],
                                                settings_.epsilon);
  });
}

template <class Scalar>
void Elementwise<Scalar>::variation(const Arguments& a,
                                    const std::vector<AnyTensor>& input_variations,
                                    const std::vector<AnyTensor>& output_variations) const {
  with_function(settings_.function, [&](auto function) {
    multiply_by_derivative<decltype(function)::value, Scalar>(
        a.space, a.inputs[0], a.outputs[0], input_variations[0], output_variations[0]);
  });
}

template <class Scalar>
void Elementwise<Scalar>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                                  const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  with_function(settings_.function, [&](auto function) {
    multiply_by_derivative<decltype(function)::value, Scalar>(
        a.space, a.inputs[0], a.outputs[0], output_adjoints[0], input_adjoints[0]);
  });
}

template class Elementwise<float>;
template class Elementwise<double>;

}  // namespace eigenprop
