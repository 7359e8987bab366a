#include "operations/concatenate.hpp"

#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// Copies between `part` and the columns of `whole` that begin at `first`.
template <class Scalar>
void copy_columns(const ExecutionSpace& space, const Tensor<Scalar>& part,
                  const Tensor<Scalar>& whole, std::int64_t first, bool into_whole) {
  const auto p = part.view();
  const auto w = whole.view();
  const std::int64_t columns = part.shape().columns();
  const std::int64_t all = whole.shape().columns();
  for_each_index(
      space, "concatenate", part.shape().rows(), KOKKOS_LAMBDA(std::int64_t row) {
        for (std::int64_t c = 0; c < columns; ++c) {
          auto& in_whole = w(row * all + first + c);
          auto& in_part = p(row * columns + c);
          if (into_whole) {
            in_whole = in_part;
          } else {
            in_part = in_whole;
          }
        }
      });
}

}  // namespace

template <class Scalar>
OperationPlan Concatenate<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require(!inputs.empty() && inputs[0].shape.rank() > 0, "concatenate takes one or more maps");
  std::int64_t channels = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    require_input(type(), inputs, i, precision_of<Scalar>(), inputs[0].shape.rank());
    require(inputs[i].shape.with(-1, 0) == inputs[0].shape.with(-1, 0),
            "concatenate: maps " + inputs[0].shape.text() + " and " + inputs[i].shape.text() +
                " differ in more than their channels");
    channels += inputs[i].shape.columns();
  }
  OperationPlan plan;
  plan.outputs = {{inputs[0].shape.with(-1, channels), precision_of<Scalar>()}};
  return plan;
}

template <class Scalar>
void Concatenate<Scalar>::forward(const Arguments& arguments) const {
  variation(arguments, arguments.inputs, arguments.outputs);
}

template <class Scalar>
void Concatenate<Scalar>::variation(const Arguments& arguments,
                                    const std::vector<AnyTensor>& input_variations,
                                    const std::vector<AnyTensor>& output_variations) const {
  const auto& whole = output_variations[0].as<Scalar>();
  std::int64_t first = 0;
  for (std::size_t i = 0; i < arguments.inputs.size(); ++i) {
    const std::int64_t columns = arguments.inputs[i].shape().columns();
    if (input_variations[i].empty()) {
      const auto w = whole.view();
      const std::int64_t all = whole.shape().columns();
      const std::int64_t begin = first;
      for_each_index(
          arguments.space, "concatenate zeros", whole.shape().rows(),
          KOKKOS_LAMBDA(std::int64_t row) {
            for (std::int64_t c = 0; c < columns; ++c) w(row * all + begin + c) = Scalar(0);
          });
    } else {
      copy_columns(arguments.space, input_variations[i].as<Scalar>(), whole, first, true);
    }
    first += columns;
  }
}

template <class Scalar>
void Concatenate<Scalar>::adjoint(const Arguments& arguments,
                                  const std::vector<AnyTensor>& output_adjoints,
                                  const std::vector<AnyTensor>& input_adjoints) const {
  std::int64_t first = 0;
  for (std::size_t i = 0; i < arguments.inputs.size(); ++i) {
    if (!input_adjoints[i].empty()) {
      copy_columns(arguments.space, input_adjoints[i].as<Scalar>(), output_adjoints[0].as<Scalar>(),
                   first, false);
    }
    first += arguments.inputs[i].shape().columns();
  }
}

template class Concatenate<float>;
template class Concatenate<double>;

}  // namespace eigenprop
