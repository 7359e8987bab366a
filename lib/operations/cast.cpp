#include "operations/cast.hpp"

#include <type_traits>

#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

template <class From, class To>
void convert(const ExecutionSpace& space, const AnyTensor& from, const AnyTensor& to) {
  const auto x = from.as<From>().view();
  const auto y = to.as<To>().view();
  for_each_index(
      space, "cast", from.shape().size(),
      KOKKOS_LAMBDA(std::int64_t i) { y(i) = static_cast<To>(x(i)); });
}

}  // namespace

template <class From, class To>
std::string Cast<From, To>::type() const {
  return std::is_same_v<To, double> ? "cast_to_double" : "cast_to_float";
}

template <class From, class To>
OperationPlan Cast<From, To>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<From>(), -1);
  OperationPlan plan;
  plan.outputs = {{inputs[0].shape, precision_of<To>()}};
  return plan;
}

template <class From, class To>
void Cast<From, To>::forward(const Arguments& arguments) const {
  convert<From, To>(arguments.space, arguments.inputs[0], arguments.outputs[0]);
}

template <class From, class To>
void Cast<From, To>::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                               const std::vector<AnyTensor>& output_variations) const {
  convert<From, To>(a.space, input_variations[0], output_variations[0]);
}

template <class From, class To>
void Cast<From, To>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                             const std::vector<AnyTensor>& input_adjoints) const {
  if (!input_adjoints[0].empty()) convert<To, From>(a.space, output_adjoints[0], input_adjoints[0]);
}

template class Cast<float, double>;
template class Cast<double, float>;

}  // namespace eigenprop
