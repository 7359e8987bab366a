#include "operations/relu.hpp"

#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// to <- from where y > 0, else 0.
template <class Scalar>
void mask(const ExecutionSpace& space, const Tensor<Scalar>& y, const Tensor<Scalar>& from,
          const Tensor<Scalar>& to) {
  const auto value = y.view();
  const auto source = from.view();
  const auto target = to.view();
  for_each_index(
      space, "relu derivative", y.size(),
      KOKKOS_LAMBDA(std::int64_t i) { target(i) = value(i) > Scalar(0) ? source(i) : Scalar(0); });
}

}  // namespace

template <class Scalar>
OperationPlan Relu<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.flops = static_cast<double>(inputs[0].shape.size());
  return plan;
}

template <class Scalar>
void Relu<Scalar>::forward(const Arguments& arguments) const {
  const auto x = arguments.inputs[0].as<Scalar>().view();
  const auto y = arguments.outputs[0].as<Scalar>().view();
  for_each_index(
      arguments.space, "relu", arguments.inputs[0].shape().size(), KOKKOS_LAMBDA(std::int64_t i) {
        // Written so that NaN passes: it must be found at its source, not be hidden.
        y(i) = x(i) < Scalar(0) ? Scalar(0) : x(i);
      });
}

template <class Scalar>
void Relu<Scalar>::variation(const Arguments& arguments,
                             const std::vector<AnyTensor>& input_variations,
                             const std::vector<AnyTensor>& output_variations) const {
  mask(arguments.space, arguments.outputs[0].as<Scalar>(), input_variations[0].as<Scalar>(),
       output_variations[0].as<Scalar>());
}

template <class Scalar>
void Relu<Scalar>::adjoint(const Arguments& arguments,
                           const std::vector<AnyTensor>& output_adjoints,
                           const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  mask(arguments.space, arguments.outputs[0].as<Scalar>(), output_adjoints[0].as<Scalar>(),
       input_adjoints[0].as<Scalar>());
}

template class Relu<float>;
template class Relu<double>;

}  // namespace eigenprop
