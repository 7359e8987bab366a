#pragma once

#include <Kokkos_Core.hpp>
#include <cstdint>

#include "operations/pooling.hpp"

namespace eigenprop {

/// Index arithmetic of sliding windows, for use in kernels.
struct Windows {
  std::int64_t kernel, stride, padding;
  std::int64_t batch, height, width, channels, out_height, out_width;

  Windows(const PoolSettings& settings, const Shape& input, const Shape& output)
      : kernel(settings.kernel),
        stride(settings.stride),
        padding(settings.padding),
        batch(input[0]),
        height(input[1]),
        width(input[2]),
        channels(input[3]),
        out_height(output[1]),
        out_width(output[2]) {}

  struct Position {
    std::int64_t b, y, x;
  };
  struct Range {
    std::int64_t begin, end;
  };

  KOKKOS_FUNCTION std::int64_t inputs() const { return batch * height * width; }
  KOKKOS_FUNCTION std::int64_t outputs() const { return batch * out_height * out_width; }

  /// Position of the i-th input or output pixel.
  KOKKOS_FUNCTION Position input(std::int64_t i) const {
    return {i / (height * width), i / width % height, i % width};
  }
  KOKKOS_FUNCTION Position output(std::int64_t o) const {
    return {o / (out_height * out_width), o / out_width % out_height, o % out_width};
  }

  /// Inputs along one axis, of the given extent, in the window of output position `o`.
  KOKKOS_FUNCTION Range inputs_of(std::int64_t o, std::int64_t extent) const {
    const std::int64_t begin = o * stride - padding;
    const std::int64_t end = begin + kernel;
    return {begin > 0 ? begin : 0, end < extent ? end : extent};
  }

  /// Outputs along one axis, of the given extent, whose windows contain input position `i`.
  KOKKOS_FUNCTION Range outputs_of(std::int64_t i, std::int64_t extent) const {
    const std::int64_t first = i + padding - kernel + 1;
    const std::int64_t begin = first > 0 ? (first + stride - 1) / stride : 0;
    const std::int64_t end = (i + padding) / stride + 1;
    return {begin, end < extent ? end : extent};
  }
};

}  // namespace eigenprop
