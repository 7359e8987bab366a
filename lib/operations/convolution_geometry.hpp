#pragma once

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cstdint>

#include "operations/convolution2d.hpp"

namespace eigenprop {

/// Extents and index arithmetic of one convolution, for use in kernels.
struct ConvolutionGeometry {
  std::int64_t kernel_h, kernel_w, stride, padding, dilation, groups;
  std::int64_t batch, height, width, channels;
  std::int64_t out_height, out_width, out_channels;
  std::int64_t group_in, group_out;  ///< channels of a group

  ConvolutionGeometry(const Convolution2dSettings& s, const Shape& x, const Shape& y)
      : kernel_h(s.kernel_h),
        kernel_w(s.kernel_w),
        stride(s.stride),
        padding(s.padding),
        dilation(s.dilation),
        groups(s.groups),
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

  /// A 1x1 kernel at stride 1: the patches are the image itself.
  bool is_pointwise() const {
    return kernel_h == 1 && kernel_w == 1 && stride == 1 && padding == 0;
  }

  double flops() const {
    return 2.0 * static_cast<double>(batch * positions() * out_channels * patch());
  }
};

}  // namespace eigenprop
