#include "operations/flatten.hpp"

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

template <class Scalar>
void copy_elements(const ExecutionSpace& space, const AnyTensor& from, const AnyTensor& to) {
  Kokkos::deep_copy(space, to.as<Scalar>().view(), from.as<Scalar>().view());
}

}  // namespace

template <class Scalar>
OperationPlan Flatten<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  const Shape& x = inputs[0].shape;
  require(x.rank() > 0, type() + " takes (batch, ...), not a number");
  OperationPlan plan;
  plan.outputs = {{{x[0], x.with(0, 1).size()}, precision_of<Scalar>()}};
  return plan;
}

template <class Scalar>
void Flatten<Scalar>::forward(const Arguments& a) const {
  copy_elements<Scalar>(a.space, a.inputs[0], a.outputs[0]);
}

template <class Scalar>
void Flatten<Scalar>::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                                const std::vector<AnyTensor>& output_variations) const {
  copy_elements<Scalar>(a.space, input_variations[0], output_variations[0]);
}

template <class Scalar>
void Flatten<Scalar>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                              const std::vector<AnyTensor>& input_adjoints) const {
  if (!input_adjoints[0].empty())
    copy_elements<Scalar>(a.space, output_adjoints[0], input_adjoints[0]);
}

template class Flatten<float>;
template class Flatten<double>;

}  // namespace eigenprop
