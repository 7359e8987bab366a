#include "operations/broadcast_product.hpp"

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

/// y <- x ⊙ s, or y + x ⊙ s.
template <class Scalar>
void multiply(const ExecutionSpace& space, const AnyTensor& first, const AnyTensor& second,
              bool accumulate, const AnyTensor& product) {
  const auto x = first.as<Scalar>().view();
  const auto s = second.as<Scalar>().view();
  const auto y = product.as<Scalar>().view();
  const std::int64_t columns = second.shape().size();
  for_each_index(
      space, "broadcast product", first.shape().size(), KOKKOS_LAMBDA(std::int64_t i) {
        const Scalar value = x(i) * s(i % columns);
        y(i) = accumulate ? y(i) + value : value;
      });
}

bool trails(const Shape& s, const Shape& x) {
  const int missing = x.rank() - s.rank();
  if (missing < 0) return false;
  for (int i = 0; i < s.rank(); ++i) {
    if (s[i] != x[missing + i]) return false;
  }
  return true;
}

}  // namespace

template <class Scalar>
OperationPlan BroadcastProduct<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 2);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    require_input(type(), inputs, i, precision_of<Scalar>(), -1);
  require(trails(inputs[1].shape, inputs[0].shape) && inputs[1].shape.size() > 0,
          type() + ": " + inputs[1].shape.text() + " is not how the extents " +
              inputs[0].shape.text() + " end");
  OperationPlan plan;
  plan.outputs = {inputs[0]};
  plan.flops = static_cast<double>(inputs[0].shape.size());
  return plan;
}

template <class Scalar>
void BroadcastProduct<Scalar>::forward(const Arguments& a) const {
  multiply<Scalar>(a.space, a.inputs[0], a.inputs[1], false, a.outputs[0]);
}

template <class Scalar>
void BroadcastProduct<Scalar>::variation(const Arguments& a,
                                         const std::vector<AnyTensor>& input_variations,
                                         const std::vector<AnyTensor>& output_variations) const {
  const bool first = !input_variations[0].empty();
  if (first)
    multiply<Scalar>(a.space, input_variations[0], a.inputs[1], false, output_variations[0]);
  if (!input_variations[1].empty())
    multiply<Scalar>(a.space, a.inputs[0], input_variations[1], first, output_variations[0]);
}

template <class Scalar>
void BroadcastProduct<Scalar>::adjoint(const Arguments& a,
                                       const std::vector<AnyTensor>& output_adjoints,
                                       const std::vector<AnyTensor>& input_adjoints) const {
  if (!input_adjoints[0].empty())
    multiply<Scalar>(a.space, output_adjoints[0], a.inputs[1], false, input_adjoints[0]);
  if (input_adjoints[1].empty()) return;
  const auto x = a.inputs[0].as<Scalar>().view();
  const auto dy = output_adjoints[0].as<Scalar>().view();
  const auto ds = input_adjoints[1].as<Scalar>().view();
  const std::int64_t columns = a.inputs[1].shape().size();
  const std::int64_t rows = a.inputs[0].shape().size() / columns;
  for_each_index(
      a.space, "broadcast product adjoint", columns, KOKKOS_LAMBDA(std::int64_t c) {
        double sum = 0;
        for (std::int64_t r = 0; r < rows; ++r)
          sum += static_cast<double>(x(r * columns + c)) * static_cast<double>(dy(r * columns + c));
        ds(c) = static_cast<Scalar>(sum);
      });
}

template class BroadcastProduct<float>;
template class BroadcastProduct<double>;

}  // namespace eigenprop
