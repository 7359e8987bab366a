#include "operations/sum.hpp"

#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

template <class Scalar>
void add_up(const ExecutionSpace& space, const AnyTensor& elements, const AnyTensor& total) {
  const auto x = elements.as<Scalar>().view();
  double sum = 0;
  Kokkos::parallel_reduce(
      "sum", index_range(space, elements.shape().size()),
      KOKKOS_LAMBDA(std::int64_t i, double& partial) { partial += static_cast<double>(x(i)); },
      sum);
  from_host(space, total.as<double>(), {sum});
}

}  // namespace

template <class Scalar>
OperationPlan Sum<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), -1);
  OperationPlan plan;
  plan.outputs = {{{1}, Precision::f64}};
  plan.flops = static_cast<double>(inputs[0].shape.size());
  return plan;
}

template <class Scalar>
void Sum<Scalar>::forward(const Arguments& a) const {
  add_up<Scalar>(a.space, a.inputs[0], a.outputs[0]);
}

template <class Scalar>
void Sum<Scalar>::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                            const std::vector<AnyTensor>& output_variations) const {
  add_up<Scalar>(a.space, input_variations[0], output_variations[0]);
}

template <class Scalar>
void Sum<Scalar>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                          const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto from = output_adjoints[0].as<double>().view();
  const auto to = input_adjoints[0].as<Scalar>().view();
  for_each_index(
      a.space, "sum adjoint", input_adjoints[0].shape().size(),
      KOKKOS_LAMBDA(std::int64_t i) { to(i) = static_cast<Scalar>(from(0)); });
}

template class Sum<float>;
template class Sum<double>;

}  // namespace eigenprop
