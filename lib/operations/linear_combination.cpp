#include "operations/linear_combination.hpp"

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

/// y <- coefficient x, or y + coefficient x.
template <class Scalar>
void add_multiple(const ExecutionSpace& space, double coefficient, const AnyTensor& from,
                  bool accumulate, const AnyTensor& to) {
  const auto x = from.as<Scalar>().view();
  const auto y = to.as<Scalar>().view();
  const auto c = static_cast<Scalar>(coefficient);
  for_each_index(
      space, "linear combination", from.shape().size(),
      KOKKOS_LAMBDA(std::int64_t i) { y(i) = accumulate ? y(i) + c * x(i) : c * x(i); });
}

template <class Scalar>
void combine(const ExecutionSpace& space, const std::vector<double>& coefficients,
             const std::vector<AnyTensor>& from, const AnyTensor& to) {
  bool started = false;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i].empty()) continue;
    add_multiple<Scalar>(space, coefficients[i], from[i], started, to);
    started = true;
  }
}

}  // namespace

template <class Scalar>
LinearCombination<Scalar>::LinearCombination(std::vector<double> coefficients)
    : coefficients_(std::move(coefficients)) {
  require(!coefficients_.empty(), "linear_combination: of nothing");
}

template <class Scalar>
OperationPlan LinearCombination<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, coefficients_.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    require_input(type(), inputs, i, precision_of<Scalar>(), -1);
    require(inputs[i].shape == inputs[0].shape, type() + ": shapes " + inputs[0].shape.text() +
                                                    " and " + inputs[i].shape.text() + " differ");
  }
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.flops = static_cast<double>(2 * inputs[0].shape.size()) * static_cast<double>(inputs.size());
  return plan;
}

template <class Scalar>
void LinearCombination<Scalar>::forward(const Arguments& a) const {
  combine<Scalar>(a.space, coefficients_, a.inputs, a.outputs[0]);
}

template <class Scalar>
void LinearCombination<Scalar>::variation(const Arguments& a,
                                          const std::vector<AnyTensor>& input_variations,
                                          const std::vector<AnyTensor>& output_variations) const {
  combine<Scalar>(a.space, coefficients_, input_variations, output_variations[0]);
}

template <class Scalar>
void LinearCombination<Scalar>::adjoint(const Arguments& a,
                                        const std::vector<AnyTensor>& output_adjoints,
                                        const std::vector<AnyTensor>& input_adjoints) const {
  for (std::size_t i = 0; i < input_adjoints.size(); ++i) {
    if (!input_adjoints[i].empty())
      add_multiple<Scalar>(a.space, coefficients_[i], output_adjoints[0], false, input_adjoints[i]);
  }
}

template class LinearCombination<float>;
template class LinearCombination<double>;

}  // namespace eigenprop
