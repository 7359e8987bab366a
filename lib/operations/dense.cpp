#include "operations/dense.hpp"

#include "operations/loops.hpp"
#include "operations/matrix_product.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// y <- y + bias, row by row.
template <class Scalar>
void add_bias(const Tensor<Scalar>& y, const AnyTensor& bias) {
  const auto out = y.view();
  const auto b = bias.as<Scalar>().view();
  const std::int64_t columns = y.shape().columns();
  for_each_index(
      "dense bias", y.size(), KOKKOS_LAMBDA(std::int64_t i) { out(i) += b(i % columns); });
}

}  // namespace

template <class Scalar>
OperationPlan Dense<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  const auto precision = precision_of<Scalar>();
  require_inputs(type(), inputs, 3);
  require_input(type(), inputs, 0, precision, -1);
  require_input(type(), inputs, 1, precision, 2);
  require_input(type(), inputs, 2, precision, 1);
  const Shape& x = inputs[0].shape;
  const Shape& w = inputs[1].shape;
  require(x.rank() > 0 && x.columns() == w[0],
          "dense: the weight " + w.text() + " does not fit the input " + x.text());
  require(inputs[2].shape[0] == w[1], "dense: the bias has shape " + inputs[2].shape.text() +
                                          ", not (" + std::to_string(w[1]) + ")");
  OperationPlan plan;
  plan.outputs = {{x.with(-1, w[1]), precision}};
  plan.flops = 2 * static_cast<double>(x.size() * w[1]);
  return plan;
}

template <class Scalar>
void Dense<Scalar>::forward(const Arguments& a) const {
  const auto& y = a.outputs[0].as<Scalar>();
  multiply(Transpose::no, Transpose::no, a.inputs[0].as<Scalar>(), a.inputs[1].as<Scalar>(), false,
           y);
  add_bias(y, a.inputs[2]);
}

template <class Scalar>
void Dense<Scalar>::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                              const std::vector<AnyTensor>& output_variations) const {
  const auto& dy = output_variations[0].as<Scalar>();
  fill_zero(output_variations[0]);
  if (!input_variations[0].empty()) {
    multiply(Transpose::no, Transpose::no, input_variations[0].as<Scalar>(),
             a.inputs[1].as<Scalar>(), true, dy);
  }
  if (!input_variations[1].empty()) {
    multiply(Transpose::no, Transpose::no, a.inputs[0].as<Scalar>(),
             input_variations[1].as<Scalar>(), true, dy);
  }
  if (!input_variations[2].empty()) add_bias(dy, input_variations[2]);
}

template <class Scalar>
void Dense<Scalar>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                            const std::vector<AnyTensor>& input_adjoints) const {
  const auto& dy = output_adjoints[0].as<Scalar>();
  if (!input_adjoints[0].empty()) {
    multiply(Transpose::no, Transpose::yes, dy, a.inputs[1].as<Scalar>(), false,
             input_adjoints[0].as<Scalar>());
  }
  if (!input_adjoints[1].empty()) {
    multiply(Transpose::yes, Transpose::no, a.inputs[0].as<Scalar>(), dy, false,
             input_adjoints[1].as<Scalar>());
  }
  if (!input_adjoints[2].empty()) {
    const auto source = dy.matrix();
    const auto target = input_adjoints[2].as<Scalar>().view();
    const auto rows = static_cast<std::int64_t>(source.extent(0));
    for_each_index(
        "dense bias adjoint", dy.shape().columns(), KOKKOS_LAMBDA(std::int64_t n) {
          double sum = 0;
          for (std::int64_t r = 0; r < rows; ++r) sum += static_cast<double>(source(r, n));
          target(n) = static_cast<Scalar>(sum);
        });
  }
}

template class Dense<float>;
template class Dense<double>;

}  // namespace eigenprop
