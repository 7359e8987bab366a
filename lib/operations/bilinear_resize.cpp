#include "operations/bilinear_resize.hpp"

#include "operations/bilinear.hpp"
#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {

template <class Scalar>
BilinearResize<Scalar>::BilinearResize(const BilinearResizeSettings& settings)
    : settings_(settings) {
  require(settings.height >= 0 && settings.width >= 0 && settings.scale >= 0 &&
              (settings.height > 0) == (settings.width > 0) &&
              !(settings.height > 0 && settings.scale > 0),
          "bilinear resize takes a size, or a factor, or neither");
}

template <class Scalar>
OperationPlan BilinearResize<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  const bool like = settings_.scale == 0 && settings_.height == 0;
  require_inputs(type(), inputs, like ? 2 : 1);
  require_input(type(), inputs, 0, precision_of<Scalar>(), 4);
  const Shape& in = inputs[0].shape;
  require(in[1] > 0 && in[2] > 0, "bilinear resize of an empty image " + in.text());
  Shape out = {in[0], settings_.height, settings_.width, in[3]};
  if (settings_.scale > 0) out = {in[0], in[1] * settings_.scale, in[2] * settings_.scale, in[3]};
  if (like) {
    require(inputs[1].shape.rank() == 4,
            "bilinear resize to the size of " + inputs[1].shape.text() + ", which is no image");
    out = {in[0], inputs[1].shape[1], inputs[1].shape[2], in[3]};
  }
  OperationPlan plan;
  plan.outputs = {{out, precision_of<Scalar>()}};
  plan.flops = 7 * static_cast<double>(out.size());
  return plan;
}

template <class Scalar>
void BilinearResize<Scalar>::forward(const Arguments& arguments) const {
  variation(arguments, arguments.inputs, arguments.outputs);
}

template <class Scalar>
void BilinearResize<Scalar>::variation(const Arguments& arguments,
                                       const std::vector<AnyTensor>& input_variations,
                                       const std::vector<AnyTensor>& output_variations) const {
  if (input_variations[0].empty()) {
    fill_zero(arguments.space, output_variations[0]);
    return;
  }
  const auto x = input_variations[0].as<Scalar>().volume();
  const auto y = output_variations[0].as<Scalar>().volume();
  const Shape in = arguments.inputs[0].shape();
  const Shape out = arguments.outputs[0].shape();
  const BilinearAxis rows{in[1], out[1]};
  const BilinearAxis columns{in[2], out[2]};
  const std::int64_t channels = in[3];
  const std::int64_t height = out[1];
  const std::int64_t width = out[2];
  for_each_index(
      arguments.space, "bilinear resize", out[0] * height * width, KOKKOS_LAMBDA(std::int64_t o) {
        const std::int64_t b = o / (height * width);
        const std::int64_t i = o / width % height;
        const std::int64_t j = o % width;
        const auto row = rows.tap(i);
        const auto column = columns.tap(j);
        const auto w00 = static_cast<Scalar>((1 - row.weight) * (1 - column.weight));
        const auto w01 = static_cast<Scalar>((1 - row.weight) * column.weight);
        const auto w10 = static_cast<Scalar>(row.weight * (1 - column.weight));
        const auto w11 = static_cast<Scalar>(row.weight * column.weight);
        for (std::int64_t c = 0; c < channels; ++c) {
          y(b, i, j, c) = w00 * x(b, row.low, column.low, c) + w01 * x(b, row.low, column.high, c) +
                          w10 * x(b, row.high, column.low, c) +
                          w11 * x(b, row.high, column.high, c);
        }
      });
}

template <class Scalar>
void BilinearResize<Scalar>::adjoint(const Arguments& arguments,
                                     const std::vector<AnyTensor>& output_adjoints,
                                     const std::vector<AnyTensor>& input_adjoints) const {
  if (input_adjoints.size() > 1 && !input_adjoints[1].empty())
    fill_zero(arguments.space, input_adjoints[1]);
  if (input_adjoints[0].empty()) return;
  const auto dy = output_adjoints[0].as<Scalar>().volume();
  const auto dx = input_adjoints[0].as<Scalar>().volume();
  const Shape in = arguments.inputs[0].shape();
  const Shape out = arguments.outputs[0].shape();
  const BilinearAxis rows{in[1], out[1]};
  const BilinearAxis columns{in[2], out[2]};
  const std::int64_t channels = in[3];
  const std::int64_t height = in[1];
  const std::int64_t width = in[2];
  // Each input gathers: no two threads write the same element.
  for_each_index(
      arguments.space, "bilinear resize adjoint", in[0] * height * width,
      KOKKOS_LAMBDA(std::int64_t o) {
        const std::int64_t b = o / (height * width);
        const std::int64_t i = o / width % height;
        const std::int64_t j = o % width;
        for (std::int64_t c = 0; c < channels; ++c) dx(b, i, j, c) = 0;
        for (std::int64_t p = rows.first(i); p < rows.last(i); ++p) {
          const double row_weight = rows.weight(p, i);
          if (row_weight == 0) continue;
          for (std::int64_t q = columns.first(j); q < columns.last(j); ++q) {
            const auto weight = static_cast<Scalar>(row_weight * columns.weight(q, j));
            if (weight == Scalar(0)) continue;
            for (std::int64_t c = 0; c < channels; ++c) dx(b, i, j, c) += weight * dy(b, p, q, c);
          }
        }
      });
}

template class BilinearResize<float>;
template class BilinearResize<double>;

}  // namespace eigenprop
