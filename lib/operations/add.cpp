#include "operations/add.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

template <class Scalar>
OperationPlan Add<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  require_input(type(), inputs, 1, precision_of<Scalar>(), -1);
  require(inputs[0].shape == inputs[1].shape,
          "add: shapes " + inputs[0].shape.text() + " and " + inputs[1].shape.text() + " differ");
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.flops = static_cast<double>(inputs[0].shape.size());
  return plan;
}

template <class Scalar>
void Add<Scalar>::forward(const Arguments& arguments) const {
  copy(arguments.space, arguments.outputs[0], arguments.inputs[0]);
  eigenprop::add(arguments.space, arguments.outputs[0], arguments.inputs[1]);
}

template <class Scalar>
void Add<Scalar>::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                            const std::vector<AnyTensor>& output_variations) const {
  fill_zero(a.space, output_variations[0]);
  for (const auto& dx : input_variations) {
    if (!dx.empty()) eigenprop::add(a.space, output_variations[0], dx);
  }
}

template <class Scalar>
void Add<Scalar>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                          const std::vector<AnyTensor>& input_adjoints) const {
  for (const auto& target : input_adjoints) {
    if (!target.empty()) copy(a.space, target, output_adjoints[0]);
  }
}

template class Add<float>;
template class Add<double>;

}  // namespace eigenprop
