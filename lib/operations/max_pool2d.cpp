#include "operations/max_pool2d.hpp"

#include "operations/windows.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {

template <class Scalar>
MaxPool2d<Scalar>::MaxPool2d(const PoolSettings& settings) : settings_(settings) {
  check_pool(type(), settings);
}

template <class Scalar>
OperationPlan MaxPool2d<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), 4);
  const Shape shape = pooled_shape(type(), settings_, inputs[0].shape);
  OperationPlan plan;
  plan.outputs = {{shape, precision_of<Scalar>()}};
  plan.saved = {{shape, Precision::i32}};
  plan.flops = static_cast<double>(shape.size() * settings_.kernel * settings_.kernel);
  return plan;
}

template <class Scalar>
void MaxPool2d<Scalar>::forward(const Arguments& arguments) const {
  const auto x = arguments.inputs[0].as<Scalar>().volume();
  const auto y = arguments.outputs[0].as<Scalar>().volume();
  const auto winner = arguments.saved[0].as<std::int32_t>().volume();
  const Windows windows(settings_, arguments.inputs[0].shape(), arguments.outputs[0].shape());
  for_each_index(
      arguments.space, "max pool", windows.outputs(), KOKKOS_LAMBDA(std::int64_t o) {
        const auto at = windows.output(o);
        const auto rows = windows.inputs_of(at.y, windows.height);
        const auto columns = windows.inputs_of(at.x, windows.width);
        // Plain pointers to what cannot overlap let the compiler use vector instructions.
        Scalar* KOKKOS_RESTRICT best = &y(at.b, at.y, at.x, 0);
        std::int32_t* KOKKOS_RESTRICT place = &winner(at.b, at.y, at.x, 0);
        for (std::int64_t i = rows.begin; i < rows.end; ++i) {
          for (std::int64_t j = columns.begin; j < columns.end; ++j) {
            const Scalar* KOKKOS_RESTRICT pixel = &x(at.b, i, j, 0);
            const auto here = static_cast<std::int32_t>(i * windows.width + j);
            const bool first = i == rows.begin && j == columns.begin;
            for (std::int64_t c = 0; c < windows.channels; ++c) {
              const Scalar value = pixel[c];
              // The negation lets a NaN win, and keeps it.
              const bool better = first || (!(value <= best[c]) && best[c] == best[c]);
              best[c] = better ? value : best[c];
              place[c] = better ? here : place[c];
            }
          }
        }
      });
}

template <class Scalar>
void MaxPool2d<Scalar>::variation(const Arguments& arguments,
                                  const std::vector<AnyTensor>& input_variations,
                                  const std::vector<AnyTensor>& output_variations) const {
  const auto dx = input_variations[0].as<Scalar>().volume();
  const auto dy = output_variations[0].as<Scalar>().volume();
  const auto winner = arguments.saved[0].as<std::int32_t>().volume();
  const Windows windows(settings_, arguments.inputs[0].shape(), arguments.outputs[0].shape());
  for_each_index(
      arguments.space, "max pool variation", windows.outputs(), KOKKOS_LAMBDA(std::int64_t o) {
        const auto at = windows.output(o);
        for (std::int64_t c = 0; c < windows.channels; ++c) {
          const std::int64_t place = winner(at.b, at.y, at.x, c);
          dy(at.b, at.y, at.x, c) = dx(at.b, place / windows.width, place % windows.width, c);
        }
      });
}

template <class Scalar>
void MaxPool2d<Scalar>::adjoint(const Arguments& arguments,
                                const std::vector<AnyTensor>& output_adjoints,
                                const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto dy = output_adjoints[0].as<Scalar>().volume();
  const auto dx = input_adjoints[0].as<Scalar>().volume();
  const auto winner = arguments.saved[0].as<std::int32_t>().volume();
  const Windows windows(settings_, arguments.inputs[0].shape(), arguments.outputs[0].shape());
  // Windows overlap: each input gathers from the windows it lies in, so that no two threads write
  // the same element and the order of additions is fixed.
  for_each_index(
      arguments.space, "max pool adjoint", windows.inputs(), KOKKOS_LAMBDA(std::int64_t i) {
        const auto at = windows.input(i);
        const auto rows = windows.outputs_of(at.y, windows.out_height);
        const auto columns = windows.outputs_of(at.x, windows.out_width);
        const auto own = static_cast<std::int32_t>(at.y * windows.width + at.x);
        for (std::int64_t c = 0; c < windows.channels; ++c) dx(at.b, at.y, at.x, c) = 0;
        for (std::int64_t p = rows.begin; p < rows.end; ++p) {
          for (std::int64_t q = columns.begin; q < columns.end; ++q) {
            for (std::int64_t c = 0; c < windows.channels; ++c) {
              dx(at.b, at.y, at.x, c) +=
                  winner(at.b, p, q, c) == own ? dy(at.b, p, q, c) : Scalar(0);
            }
          }
        }
      });
}

template class MaxPool2d<float>;
template class MaxPool2d<double>;

}  // namespace eigenprop
