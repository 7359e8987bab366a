#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>
#include <utility>

#include "operations/convolution2d.hpp"

namespace eigenprop {

/// Extents and index arithmetic of one convolution, for use in kernels.
struct ConvolutionGeometry {
  std::int64_t kernel_h, kernel_w, stride, dilation, groups;
  std::int64_t padding_h, padding_w;  ///< negative where a border of the image is left out
  std::int64_t batch, height, width, channels;
  std::int64_t out_height, out_width, out_channels;
  std::int64_t group_in, group_out;  ///< channels of a group

  ConvolutionGeometry(const Convolution2dSettings& s, const Shape& x, const Shape& y)
      : kernel_h(s.kernel_h),
        kernel_w(s.kernel_w),
        stride(s.stride),
        dilation(s.dilation),
        groups(s.groups),
        padding_h(s.padding),
        padding_w(s.padding),
        batch(x[0]),
        height(x[1]),
        width(x[2]),
        channels(x[3]),
        out_height(y[1]),
        out_width(y[2]),
        out_channels(y[3]),
        group_in(x[3] / s.groups),
        group_out(y[3] / s.groups) {}

  KOKKOS_FUNCTION std::int64_t patch() const { return kernel_h * kernel_w * group_in; }
  KOKKOS_FUNCTION std::int64_t positions() const { return out_height * out_width; }

  bool is_padded() const { return padding_h != 0 || padding_w != 0; }

  /// The convolution that maps output adjoints to input adjoints; its weight is this one's with
  /// the kernel turned by 180 degrees and input and output channels of each group exchanged.
  /// For stride 1.
  ConvolutionGeometry transposed() const {
    ConvolutionGeometry g = *this;
    g.padding_h = dilation * (kernel_h - 1) - padding_h;
    g.padding_w = dilation * (kernel_w - 1) - padding_w;
    std::swap(g.height, g.out_height);
    std::swap(g.width, g.out_width);
    std::swap(g.channels, g.out_channels);
    std::swap(g.group_in, g.group_out);
    return g;
  }

  /// The same with all positions in one row where the kernel is 1x1 and nothing else matters.
  ConvolutionGeometry flattened() const {
    ConvolutionGeometry g = *this;
    if (kernel_h == 1 && kernel_w == 1 && stride == 1 && !is_padded()) {
      g.width = g.out_width = positions();
      g.height = g.out_height = 1;
    }
    return g;
  }

  double flops() const {
    return 2.0 * static_cast<double>(batch * positions() * out_channels * patch());
  }
};

}  // namespace eigenprop
