#include "operations/convolution2d.hpp"

#include "operations/convolution_geometry.hpp"
#include "operations/detail/convolution_direct.hpp"
#include "operations/detail/convolution_tiles.hpp"
#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

std::int64_t output_extent(std::int64_t extent, std::int64_t kernel,
                           const Convolution2dSettings& s) {
  const std::int64_t field = s.dilation * (kernel - 1) + 1;
  const std::int64_t room = extent + 2 * s.padding - field;
  require(room >= 0, "an image of extent " + std::to_string(extent) + " with padding " +
                         std::to_string(s.padding) + " is smaller than the receptive field " +
                         std::to_string(field));
  return room / s.stride + 1;
}

template <class Scalar>
void correlate(const ConvolutionGeometry& g, const Arguments& arguments, const AnyTensor& x,
               const AnyTensor& w, const AnyTensor& bias, bool accumulate, const AnyTensor& y) {
  const Scalar* b = bias.empty() ? nullptr : bias.as<Scalar>().data();
  if constexpr (tensors_on_host) {
    tiles::correlate(arguments.host_space(), g, arguments.scratch, x.as<Scalar>().data(),
                     w.as<Scalar>().data(), b, accumulate, y.as<Scalar>().data());
  } else {
    direct::correlate(arguments.space, g, x.as<Scalar>().data(), w.as<Scalar>().data(), b,
                      accumulate, y.as<Scalar>().data());
  }
}

}  // namespace

template <class Scalar>
Convolution2d<Scalar>::Convolution2d(const Convolution2dSettings& s) : settings_(s) {
  require(s.output_channels > 0 && s.kernel_h > 0 && s.kernel_w > 0 && s.stride > 0 &&
              s.dilation > 0 && s.groups > 0 && s.padding >= 0,
          "convolution2d: channels, kernel, stride, dilation and groups must be positive, the "
          "padding not negative");
  require(s.output_channels % s.groups == 0,
          "convolution2d: output channels must be divisible by the groups");
}

template <class Scalar>
OperationPlan Convolution2d<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  const auto precision = precision_of<Scalar>();
  require_inputs(type(), inputs, 3);
  require_input(type(), inputs, 0, precision, 4);
  require_input(type(), inputs, 1, precision, 4);
  require_input(type(), inputs, 2, precision, 1);
  const Shape& x = inputs[0].shape;
  require(x[3] % settings_.groups == 0, "convolution2d: " + std::to_string(x[3]) +
                                            " input channels are not divisible by " +
                                            std::to_string(settings_.groups) + " groups");
  const Shape weight = {settings_.kernel_h, settings_.kernel_w, x[3] / settings_.groups,
                        settings_.output_channels};
  require(inputs[1].shape == weight, "convolution2d: the weight has shape " +
                                         inputs[1].shape.text() + ", not " + weight.text());
  require(inputs[2].shape == Shape{settings_.output_channels},
          "convolution2d: the bias has shape " + inputs[2].shape.text());
  const Shape y = {x[0], output_extent(x[1], settings_.kernel_h, settings_),
                   output_extent(x[2], settings_.kernel_w, settings_), settings_.output_channels};
  const ConvolutionGeometry geometry(settings_, x, y);
  OperationPlan plan;
  plan.outputs = {{y, precision}};
  if (tensors_on_host) plan.scratch = tiles::scratch<Scalar>(geometry);
  plan.flops = geometry.flops();
  return plan;
}

template <class Scalar>
void Convolution2d<Scalar>::forward(const Arguments& a) const {
  const ConvolutionGeometry geometry(settings_, a.inputs[0].shape(), a.outputs[0].shape());
  correlate<Scalar>(geometry, a, a.inputs[0], a.inputs[1], a.inputs[2], false, a.outputs[0]);
}

template <class Scalar>
void Convolution2d<Scalar>::variation(const Arguments& a,
                                      const std::vector<AnyTensor>& input_variations,
                                      const std::vector<AnyTensor>& output_variations) const {
  const ConvolutionGeometry geometry(settings_, a.inputs[0].shape(), a.outputs[0].shape());
  const auto& dy = output_variations[0];
  bool written = false;
  if (!input_variations[0].empty()) {
    correlate<Scalar>(geometry, a, input_variations[0], a.inputs[1], {}, false, dy);
    written = true;
  }
  if (!input_variations[1].empty()) {
    correlate<Scalar>(geometry, a, a.inputs[0], input_variations[1], {}, written, dy);
    written = true;
  }
  if (!written) fill_zero(a.space, dy);
  if (!input_variations[2].empty()) {
    const auto y = dy.as<Scalar>().matrix();
    const auto db = input_variations[2].as<Scalar>().view();
    for_each_index(
        a.space, "bias variation", dy.shape().size(), KOKKOS_LAMBDA(std::int64_t i) {
          const auto channels = static_cast<std::int64_t>(y.extent(1));
          y(i / channels, i % channels) += db(i % channels);
        });
  }
}

template <class Scalar>
void Convolution2d<Scalar>::adjoint(const Arguments& a,
                                    const std::vector<AnyTensor>& output_adjoints,
                                    const std::vector<AnyTensor>& input_adjoints) const {
  const ConvolutionGeometry geometry(settings_, a.inputs[0].shape(), a.outputs[0].shape());
  const auto& dy = output_adjoints[0].as<Scalar>();
  const Scalar* x = a.inputs[0].as<Scalar>().data();
  const Scalar* w = a.inputs[1].as<Scalar>().data();
  if (!input_adjoints[0].empty()) {
    Scalar* dx = input_adjoints[0].as<Scalar>().data();
    if constexpr (tensors_on_host) {
      tiles::input_adjoint(a.host_space(), geometry, a.scratch, dy.data(), w, dx);
    } else {
      direct::input_adjoint(a.space, geometry, dy.data(), w, dx);
    }
  }
  if (!input_adjoints[1].empty()) {
    Scalar* dw = input_adjoints[1].as<Scalar>().data();
    if constexpr (tensors_on_host) {
      tiles::weight_adjoint(a.host_space(), geometry, a.scratch, x, dy.data(), dw);
    } else {
      direct::weight_adjoint(a.space, geometry, x, dy.data(), dw);
    }
  }
  if (!input_adjoints[2].empty()) {
    Scalar* dbias = input_adjoints[2].as<Scalar>().data();
    if constexpr (tensors_on_host) {
      tiles::bias_adjoint(a.host_space(), geometry, a.scratch, dy.data(), dbias);
    } else {
      direct::bias_adjoint(a.space, geometry, dy.data(), dbias);
    }
  }
}

template class Convolution2d<float>;
template class Convolution2d<double>;

}  // namespace eigenprop
