#include "operations/average_pool2d.hpp"

#include "operations/windows.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {

template <class Scalar>
AveragePool2d<Scalar>::AveragePool2d(const PoolSettings& settings) : settings_(settings) {
  check_pool(type(), settings);
}

template <class Scalar>
OperationPlan AveragePool2d<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  require_inputs(type(), inputs, 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), 4);
  const Shape shape = pooled_shape(type(), settings_, inputs[0].shape);
  OperationPlan plan;
  plan.outputs = {{shape, precision_of<Scalar>()}};
  plan.flops = static_cast<double>(shape.size() * settings_.kernel * settings_.kernel);
  return plan;
}

template <class Scalar>
void AveragePool2d<Scalar>::forward(const Arguments& arguments) const {
  variation(arguments, arguments.inputs, arguments.outputs);
}

template <class Scalar>
void AveragePool2d<Scalar>::variation(const Arguments& arguments,
                                      const std::vector<AnyTensor>& input_variations,
                                      const std::vector<AnyTensor>& output_variations) const {
  const auto x = input_variations[0].as<Scalar>().volume();
  const auto y = output_variations[0].as<Scalar>().volume();
  const Windows windows(settings_, arguments.inputs[0].shape(), arguments.outputs[0].shape());
  for_each_index(
      arguments.space, "average pool", windows.outputs(), KOKKOS_LAMBDA(std::int64_t o) {
        const auto at = windows.output(o);
        const auto rows = windows.inputs_of(at.y, windows.height);
        const auto columns = windows.inputs_of(at.x, windows.width);
        const auto count = (rows.end - rows.begin) * (columns.end - columns.begin);
        const Scalar share = Scalar(1) / static_cast<Scalar>(count);
        for (std::int64_t c = 0; c < windows.channels; ++c) y(at.b, at.y, at.x, c) = 0;
        for (std::int64_t i = rows.begin; i < rows.end; ++i) {
          for (std::int64_t j = columns.begin; j < columns.end; ++j) {
            for (std::int64_t c = 0; c < windows.channels; ++c)
              y(at.b, at.y, at.x, c) += share * x(at.b, i, j, c);
          }
        }
      });
}

template <class Scalar>
void AveragePool2d<Scalar>::adjoint(const Arguments& arguments,
                                    const std::vector<AnyTensor>& output_adjoints,
                                    const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints[0].empty()) return;
  const auto dy = output_adjoints[0].as<Scalar>().volume();
  const auto dx = input_adjoints[0].as<Scalar>().volume();
  const Windows windows(settings_, arguments.inputs[0].shape(), arguments.outputs[0].shape());
  for_each_index(
      arguments.space, "average pool adjoint", windows.inputs(), KOKKOS_LAMBDA(std::int64_t i) {
        const auto at = windows.input(i);
        const auto rows = windows.outputs_of(at.y, windows.out_height);
        const auto columns = windows.outputs_of(at.x, windows.out_width);
        for (std::int64_t c = 0; c < windows.channels; ++c) dx(at.b, at.y, at.x, c) = 0;
        for (std::int64_t p = rows.begin; p < rows.end; ++p) {
          for (std::int64_t q = columns.begin; q < columns.end; ++q) {
            const auto of_rows = windows.inputs_of(p, windows.height);
            const auto of_columns = windows.inputs_of(q, windows.width);
            const auto count = (of_rows.end - of_rows.begin) * (of_columns.end - of_columns.begin);
            const Scalar share = Scalar(1) / static_cast<Scalar>(count);
            for (std::int64_t c = 0; c < windows.channels; ++c)
              dx(at.b, at.y, at.x, c) += share * dy(at.b, p, q, c);
          }
        }
      });
}

template class AveragePool2d<float>;
template class AveragePool2d<double>;

}  // namespace eigenprop
