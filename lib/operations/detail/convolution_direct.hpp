#pragma once

#include "operations/convolution_geometry.hpp"
#include "tensor/loops.hpp"

/// Convolution as plain loops, one output element an iteration: the portable form that runs on any
/// execution space, and the reference for the tiled one. Arrays lie in MemorySpace, laid out as in
/// Convolution2d. Sums are taken in double.
namespace eigenprop::direct {

/// y <- correlation of x with w (+ bias where not null) (+ y where `accumulate`).
template <class Scalar>
void correlate(const ExecutionSpace& space, const ConvolutionGeometry& g, const Scalar* x,
               const Scalar* w, const Scalar* bias, bool accumulate, Scalar* y) {
  for_each_index(
      space, "direct convolution", g.batch * g.positions() * g.out_channels,
      KOKKOS_LAMBDA(std::int64_t o) {
        const std::int64_t n = o % g.out_channels;
        const std::int64_t q = o / g.out_channels % g.out_width;
        const std::int64_t p = o / (g.out_channels * g.out_width) % g.out_height;
        const std::int64_t b = o / (g.out_channels * g.positions());
        const std::int64_t first = n / g.group_out * g.group_in;
        double sum = bias ? static_cast<double>(bias[n]) : 0.0;
        for (std::int64_t i = 0; i < g.kernel_h; ++i) {
          const std::int64_t row = p * g.stride + i * g.dilation - g.padding_h;
          if (row < 0 || row >= g.height) continue;
          for (std::int64_t j = 0; j < g.kernel_w; ++j) {
            const std::int64_t column = q * g.stride + j * g.dilation - g.padding_w;
            if (column < 0 || column >= g.width) continue;
            const Scalar* pixel =
                x + ((b * g.height + row) * g.width + column) * g.channels + first;
            const Scalar* weight = w + (i * g.kernel_w + j) * g.group_in * g.out_channels + n;
            for (std::int64_t c = 0; c < g.group_in; ++c) {
              sum +=
                  static_cast<double>(pixel[c]) * static_cast<double>(weight[c * g.out_channels]);
            }
          }
        }
        y[o] = static_cast<Scalar>(sum + (accumulate ? static_cast<double>(y[o]) : 0.0));
      });
}

/// dx <- transpose of `correlate` in x, applied to dy.
template <class Scalar>
void input_adjoint(const ExecutionSpace& space, const ConvolutionGeometry& g, const Scalar* dy,
                   const Scalar* w, Scalar* dx) {
  for_each_index(
      space, "direct convolution input adjoint", g.batch * g.height * g.width * g.channels,
      KOKKOS_LAMBDA(std::int64_t e) {
        const std::int64_t c = e % g.channels;
        const std::int64_t column = e / g.channels % g.width;
        const std::int64_t row = e / (g.channels * g.width) % g.height;
        const std::int64_t b = e / (g.channels * g.width * g.height);
        const std::int64_t group = c / g.group_in;
        double sum = 0;
        for (std::int64_t i = 0; i < g.kernel_h; ++i) {
          const std::int64_t up = row + g.padding_h - i * g.dilation;
          if (up < 0 || up % g.stride != 0 || up / g.stride >= g.out_height) continue;
          for (std::int64_t j = 0; j < g.kernel_w; ++j) {
            const std::int64_t left = column + g.padding_w - j * g.dilation;
            if (left < 0 || left % g.stride != 0 || left / g.stride >= g.out_width) continue;
            const std::int64_t position =
                (b * g.out_height + up / g.stride) * g.out_width + left / g.stride;
            const Scalar* out = dy + position * g.out_channels + group * g.group_out;
            const Scalar* weight =
                w + ((i * g.kernel_w + j) * g.group_in + c % g.group_in) * g.out_channels +
                group * g.group_out;
            for (std::int64_t n = 0; n < g.group_out; ++n)
              sum += static_cast<double>(out[n]) * static_cast<double>(weight[n]);
          }
        }
        dx[e] = static_cast<Scalar>(sum);
      });
}

/// dw <- transpose of `correlate` in w, applied to dy.
template <class Scalar>
void weight_adjoint(const ExecutionSpace& space, const ConvolutionGeometry& g, const Scalar* x,
                    const Scalar* dy, Scalar* dw) {
  for_each_index(
      space, "direct convolution weight adjoint", g.patch() * g.out_channels,
      KOKKOS_LAMBDA(std::int64_t e) {
        const std::int64_t n = e % g.out_channels;
        const std::int64_t c = e / g.out_channels % g.group_in;
        const std::int64_t j = e / (g.out_channels * g.group_in) % g.kernel_w;
        const std::int64_t i = e / (g.out_channels * g.group_in * g.kernel_w);
        const std::int64_t channel = n / g.group_out * g.group_in + c;
        double sum = 0;
        for (std::int64_t b = 0; b < g.batch; ++b) {
          for (std::int64_t p = 0; p < g.out_height; ++p) {
            const std::int64_t row = p * g.stride + i * g.dilation - g.padding_h;
            if (row < 0 || row >= g.height) continue;
            for (std::int64_t q = 0; q < g.out_width; ++q) {
              const std::int64_t column = q * g.stride + j * g.dilation - g.padding_w;
              if (column < 0 || column >= g.width) continue;
              sum += static_cast<double>(
                         x[((b * g.height + row) * g.width + column) * g.channels + channel]) *
                     static_cast<double>(
                         dy[((b * g.out_height + p) * g.out_width + q) * g.out_channels + n]);
            }
          }
        }
        dw[e] = static_cast<Scalar>(sum);
      });
}

/// dbias(n) <- Σ over all positions of dy(., n).
template <class Scalar>
void bias_adjoint(const ExecutionSpace& space, const ConvolutionGeometry& g, const Scalar* dy,
                  Scalar* dbias) {
  for_each_index(
      space, "direct convolution bias adjoint", g.out_channels, KOKKOS_LAMBDA(std::int64_t n) {
        double sum = 0;
        for (std::int64_t t = 0; t < g.batch * g.positions(); ++t)
          sum += static_cast<double>(dy[t * g.out_channels + n]);
        dbias[n] = static_cast<Scalar>(sum);
      });
}

}  // namespace eigenprop::direct
