#include "operations/dense.hpp"

#include "linalg/blas.hpp"
#include "operations/detail/convolution_direct.hpp"
#include "operations/detail/convolution_tiles.hpp"
#include "operations/detail/convolution_windows.hpp"
#include "runtime/error.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// Scratch after that of the convolution: adjoints of a thread in double.
constexpr std::size_t double_buffers = 3;
// Extents of the products whose results make up the weight adjoint.
constexpr std::int64_t row_block = 256;
constexpr std::int64_t input_block = 64;
constexpr std::int64_t output_block = 256;

// A dense layer is a 1x1 convolution of one image with all rows side by side.
ConvolutionGeometry geometry_of(const Shape& x, const Shape& y) {
  return {Convolution2dSettings{y.columns(), 1, 1, 1, 0, 1, 1},
          {1, 1, x.rows(), x.columns()},
          {1, 1, y.rows(), y.columns()}};
}

template <class Scalar>
void multiply(const Arguments& a, const AnyTensor& x, const AnyTensor& w, const AnyTensor& bias,
              bool accumulate, const AnyTensor& y) {
  const auto g = geometry_of(x.shape(), y.shape());
  const Scalar* b = bias.empty() ? nullptr : bias.as<Scalar>().data();
  if constexpr (tensors_on_host) {
    tiles::correlate(a.host_space(), g, a.scratch, x.as<Scalar>().data(), w.as<Scalar>().data(), b,
                     accumulate, y.as<Scalar>().data());
  } else {
    direct::correlate(a.space, g, x.as<Scalar>().data(), w.as<Scalar>().data(), b, accumulate,
                      y.as<Scalar>().data());
  }
}

// to <- rows x columns of a row-major matrix, in double.
template <class Scalar>
void widen(const Scalar* from, std::int64_t ld, std::int64_t rows, std::int64_t columns,
           double* to) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c)
      to[r * columns + c] = static_cast<double>(from[r * ld + c]);
  }
}

// dw <- xᵀ dy. Summed over rows in double, so that the gradient does not depend on how samples are
// spread over ranks.
template <class Scalar>
void weight_adjoint(const HostExecutionSpace& space, const ConvolutionGeometry& g,
                    const AnyTensor& buffers, const Scalar* x, const Scalar* dy, Scalar* dw) {
  const std::int64_t rows = g.positions();
  const std::int64_t across = (g.out_channels + output_block - 1) / output_block;
  const std::int64_t down = (g.channels + input_block - 1) / input_block;
  tiles::for_each_buffered<double>(
      space, "dense weight adjoint", down * across, buffers,
      [=](std::int64_t unit, double* buffer) {
        const std::int64_t c = unit / across * input_block;
        const std::int64_t n = unit % across * output_block;
        const std::int64_t inputs = std::min(input_block, g.channels - c);
        const std::int64_t outputs = std::min(output_block, g.out_channels - n);
        double* left = buffer;
        double* right = left + row_block * input_block;
        double* sum = right + row_block * output_block;
        std::fill_n(sum, inputs * outputs, 0.0);
        for (std::int64_t r = 0; r < rows; r += row_block) {
          const std::int64_t count = std::min(row_block, rows - r);
          widen(x + r * g.channels + c, g.channels, count, inputs, left);
          widen(dy + r * g.out_channels + n, g.out_channels, count, outputs, right);
          const auto ld = static_cast<int>(outputs);
          gemm(Transpose::yes, Transpose::no, static_cast<int>(inputs), ld, static_cast<int>(count),
               1.0, left, static_cast<int>(inputs), right, ld, 1.0, sum, ld);
        }
        for (std::int64_t i = 0; i < inputs; ++i) {
          for (std::int64_t j = 0; j < outputs; ++j)
            dw[(c + i) * g.out_channels + n + j] = static_cast<Scalar>(sum[i * outputs + j]);
        }
      });
}

}  // namespace

template <class Scalar>
OperationPlan Dense<Scalar>::plan(const std::vector<TensorSpec>& inputs) const {
  const auto precision = precision_of<Scalar>();
  require(inputs.size() == 2 || inputs.size() == 3, type() + " takes x, W, and perhaps a bias");
  require_input(type(), inputs, 0, precision, -1);
  require_input(type(), inputs, 1, precision, 2);
  const Shape& x = inputs[0].shape;
  const Shape& w = inputs[1].shape;
  require(x.rank() > 0 && x.columns() == w[0],
          "dense: the weight " + w.text() + " does not fit the input " + x.text());
  if (inputs.size() == 3) {
    require_input(type(), inputs, 2, precision, 1);
    require(inputs[2].shape[0] == w[1], "dense: the bias has shape " + inputs[2].shape.text() +
                                            ", not (" + std::to_string(w[1]) + ")");
  }
  OperationPlan plan;
  plan.outputs = {{x.with(-1, w[1]), precision}};
  plan.flops = 2 * static_cast<double>(x.size() * w[1]);
  if constexpr (tensors_on_host) {
    plan.scratch = tiles::correlation_scratch<Scalar>(geometry_of(x, plan.outputs[0].shape));
    const std::int64_t buffer =
        row_block * (input_block + output_block) + input_block * output_block;
    plan.scratch.push_back({{tiles::Host().concurrency(), buffer}, Precision::f64});
  }
  return plan;
}

template <class Scalar>
void Dense<Scalar>::forward(const Arguments& a) const {
  multiply<Scalar>(a, a.inputs[0], a.inputs[1], a.inputs.size() > 2 ? a.inputs[2] : AnyTensor(),
                   false, a.outputs[0]);
}

template <class Scalar>
void Dense<Scalar>::variation(const Arguments& a, const std::vector<AnyTensor>& input_variations,
                              const std::vector<AnyTensor>& output_variations) const {
  const auto& dy = output_variations[0];
  fill_zero(a.space, dy);
  if (!input_variations[0].empty())
    multiply<Scalar>(a, input_variations[0], a.inputs[1], {}, true, dy);
  if (!input_variations[1].empty())
    multiply<Scalar>(a, a.inputs[0], input_variations[1], {}, true, dy);
  if (input_variations.size() > 2 && !input_variations[2].empty()) {
    const auto out = dy.as<Scalar>().view();
    const auto b = input_variations[2].as<Scalar>().view();
    const std::int64_t columns = dy.shape().columns();
    for_each_index(
        a.space, "dense bias", dy.shape().size(),
        KOKKOS_LAMBDA(std::int64_t i) { out(i) += b(i % columns); });
  }
}

template <class Scalar>
void Dense<Scalar>::adjoint(const Arguments& a, const std::vector<AnyTensor>& output_adjoints,
                            const std::vector<AnyTensor>& input_adjoints) const {
  const auto g = geometry_of(a.inputs[0].shape(), a.outputs[0].shape());
  const Scalar* dy = output_adjoints[0].as<Scalar>().data();
  if (!input_adjoints[0].empty()) {
    const Scalar* w = a.inputs[1].as<Scalar>().data();
    Scalar* dx = input_adjoints[0].as<Scalar>().data();
    if constexpr (tensors_on_host) {
      tiles::input_adjoint(a.host_space(), g, a.scratch, dy, w, dx);
    } else {
      direct::input_adjoint(a.space, g, dy, w, dx);
    }
  }
  if (!input_adjoints[1].empty()) {
    const Scalar* x = a.inputs[0].as<Scalar>().data();
    Scalar* dw = input_adjoints[1].as<Scalar>().data();
    if constexpr (tensors_on_host) {
      weight_adjoint(a.host_space(), g, a.scratch[double_buffers], x, dy, dw);
    } else {
      direct::weight_adjoint(a.space, g, x, dy, dw);
    }
  }
  if (input_adjoints.size() > 2 && !input_adjoints[2].empty())
    direct::bias_adjoint(a.space, g, dy, input_adjoints[2].as<Scalar>().data());
}

template class Dense<float>;
template class Dense<double>;

}  // namespace eigenprop
