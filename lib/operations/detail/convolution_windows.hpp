#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "linalg/detail/gemm_microkernel.hpp"
#include "operations/convolution_geometry.hpp"
#include "tensor/tensor.hpp"

/// What the parts of the tiled convolution share: rectangles of output positions, the windows of
/// the image that they see, and the buffers of threads.
namespace eigenprop::tiles {

using Host = HostExecutionSpace;

/// Tensors in OperationPlan::scratch.
enum Buffer {
  thread_buffers,   ///< one row a thread
  packed_weights,   ///< rows padded to whole vectors
  turned_weights,   ///< of the transposed convolution
  partial_weights,  ///< weight adjoints of one wave of chunks
  weight_sums,
  bias_sums
};

/// Rectangle of output positions of one image.
struct Tile {
  std::int64_t image, row, column, rows, columns;
};

/// Division of all images' positions into tiles of `rows` x `columns`; smaller ones at the edges.
struct Tiling {
  std::int64_t height, width, rows, columns;

  std::int64_t across() const { return (width + columns - 1) / columns; }
  std::int64_t per_image() const { return (height + rows - 1) / rows * across(); }
  Tile operator[](std::int64_t i) const {
    const std::int64_t row = i % per_image() / across() * rows;
    const std::int64_t column = i % across() * columns;
    return {i / per_image(), row, column, std::min(rows, height - row),
            std::min(columns, width - column)};
  }
};

/// The part of an image under `kernel_rows` rows of the kernel at all positions of a tile.
template <class Scalar>
struct Window {
  const Scalar* data;
  std::int64_t row;  ///< distance between image rows; pixels are `channels` apart
};

inline std::int64_t window_rows(const ConvolutionGeometry& g, std::int64_t rows,
                                std::int64_t kernel_rows) {
  return (rows - 1) * g.stride + (kernel_rows - 1) * g.dilation + 1;
}
inline std::int64_t window_columns(const ConvolutionGeometry& g, std::int64_t columns) {
  return (columns - 1) * g.stride + (g.kernel_w - 1) * g.dilation + 1;
}
inline std::int64_t window_elements(const ConvolutionGeometry& g, std::int64_t rows,
                                    std::int64_t columns) {
  return window_rows(g, rows, g.kernel_h) * window_columns(g, columns) * g.channels;
}

/// The window of a tile from kernel row `first` on: the image itself where nothing is padded, or
/// else a copy with its borders in `buffer`.
template <class Scalar>
Window<Scalar> window_of(const ConvolutionGeometry& g, const Scalar* x, const Tile& tile,
                         std::int64_t first, std::int64_t kernel_rows, Scalar* buffer) {
  const std::int64_t top = tile.row * g.stride + first * g.dilation - g.padding_h;
  const std::int64_t left = tile.column * g.stride - g.padding_w;
  const Scalar* image = x + tile.image * g.height * g.width * g.channels;
  if (!g.is_padded()) return {image + (top * g.width + left) * g.channels, g.width * g.channels};

  const std::int64_t columns = window_columns(g, tile.columns);
  const std::int64_t begin = std::clamp<std::int64_t>(-left, 0, columns);
  const std::int64_t end = std::clamp<std::int64_t>(g.width - left, begin, columns);
  const auto bytes = [&](std::int64_t pixels) {
    return static_cast<std::size_t>(pixels * g.channels) * sizeof(Scalar);
  };
  Scalar* to = buffer;
  for (std::int64_t r = 0; r < window_rows(g, tile.rows, kernel_rows); ++r) {
    const std::int64_t row = top + r;
    if (row < 0 || row >= g.height || begin == end) {
      std::memset(to, 0, bytes(columns));
    } else {
      std::memset(to, 0, bytes(begin));
      std::memcpy(to + begin * g.channels, image + (row * g.width + left + begin) * g.channels,
                  bytes(end - begin));
      std::memset(to + end * g.channels, 0, bytes(columns - end));
    }
    to += columns * g.channels;
  }
  return {buffer, columns * g.channels};
}

/// Without dilation and groups, a row of the kernel sees one run of consecutive elements.
inline bool has_whole_rows(const ConvolutionGeometry& g) {
  return g.dilation == 1 && g.groups == 1;
}

/// The largest tile of at most `positions` whose window fits half a second-level cache of 1 MiB.
template <class Scalar>
Tiling fitting_tiles(const ConvolutionGeometry& g, std::int64_t positions) {
  constexpr std::int64_t most_elements =
      (std::int64_t{512} << 10) / static_cast<std::int64_t>(sizeof(Scalar));
  std::int64_t columns = std::min(g.out_width, positions);
  while (columns > 16 && window_elements(g, 1, columns) > most_elements)
    columns = (columns + 1) / 2;
  std::int64_t rows = std::clamp<std::int64_t>(positions / columns, 1, g.out_height);
  while (rows > 1 && window_elements(g, rows, columns) > most_elements) --rows;
  return {g.out_height, g.out_width, rows, columns};
}

/// n rounded up to whole vectors.
template <class Scalar>
std::int64_t whole_vectors(std::int64_t n) {
  return (n + lanes<Scalar> - 1) / lanes<Scalar> * lanes<Scalar>;
}

/// Runs f(i, row of `buffers` that belongs to the executing thread) for i = 0 .. n-1 on `space`,
/// and returns when all are done.
template <class Scalar, class F>
void for_each_buffered(const Host& space, const char* label, std::int64_t n,
                       const AnyTensor& buffers, const F& f) {
  const auto matrix = buffers.as<Scalar>().matrix();
  const Kokkos::Experimental::UniqueToken<Host> token(space);
  using Policy =
      Kokkos::RangePolicy<Host, Kokkos::Schedule<Kokkos::Dynamic>, Kokkos::IndexType<std::int64_t>>;
  Kokkos::parallel_for(label, Policy(space, 0, n).set_chunk_size(1), [=](std::int64_t i) {
    const auto id = token.acquire();
    f(i, &matrix(id, 0));
    token.release(id);
  });
  space.fence();
}

/// The same with the buffers of a convolution.
template <class Scalar, class F>
void for_each_tile(const Host& space, const char* label, std::int64_t n,
                   const std::vector<AnyTensor>& scratch, const F& f) {
  for_each_buffered<Scalar>(space, label, n, scratch[thread_buffers], f);
}

/// Elements that a thread's buffer needs for each of the maps.
template <class Scalar>
std::int64_t correlation_buffer(const ConvolutionGeometry& g);
template <class Scalar>
std::int64_t strided_adjoint_buffer(const ConvolutionGeometry& g);
template <class Scalar>
std::int64_t weight_adjoint_buffer(const ConvolutionGeometry& g);

/// Specifications of partial_weights, weight_sums and bias_sums.
template <class Scalar>
std::vector<TensorSpec> weight_adjoint_scratch(const ConvolutionGeometry& g);

/// Input adjoint for any stride, as products of tiles with the patch's transposed map: patch
/// adjoints are computed and added to the image.
template <class Scalar>
void strided_input_adjoint(const Host& space, const ConvolutionGeometry& g,
                           const std::vector<AnyTensor>& scratch, const Scalar* dy, const Scalar* w,
                           Scalar* dx);

}  // namespace eigenprop::tiles
