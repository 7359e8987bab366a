#include "operations/convolution_tiles.hpp"

#include "operations/convolution_windows.hpp"

namespace eigenprop::tiles {
namespace {

// Weights that one pass over a tile's rows uses again and again, within the second-level cache.
constexpr std::int64_t pass_bytes = 384 * 1024;

// Tiles of `correlate`; enough of them for all threads.
template <class Scalar>
Tiling correlation_tiles(const ConvolutionGeometry& g) {
  Tiling tiling = fitting_tiles<Scalar>(g, g.positions());
  const std::int64_t threads = Host().concurrency();
  if (threads > 1) {
    const std::int64_t rows = g.batch * g.out_height * tiling.across() / (4 * threads);
    tiling.rows = std::clamp<std::int64_t>(rows, 1, tiling.rows);
  }
  return tiling;
}

// Elements of the weight with rows padded to whole vectors; 0 where they are whole already.
template <class Scalar>
std::int64_t packed_elements(const ConvolutionGeometry& g) {
  if (g.group_out % lanes<Scalar> == 0) return 0;
  return g.groups * g.patch() * whole_vectors<Scalar>(g.group_out);
}

// The weight of one group as a matrix (patch, group_out), with readable whole vectors.
template <class Scalar>
struct GroupWeights {
  const Scalar* first;
  std::int64_t row;
  std::int64_t group;  ///< distance between groups
};

template <class Scalar>
GroupWeights<Scalar> packed(const ConvolutionGeometry& g, const std::vector<AnyTensor>& scratch,
                            const Scalar* w) {
  if (packed_elements<Scalar>(g) == 0) return {w, g.out_channels, g.group_out};
  Scalar* to = scratch[packed_weights].as<Scalar>().data();
  const std::int64_t width = whole_vectors<Scalar>(g.group_out);
  for_each_tile<Scalar>(
      "pack weights", g.groups * g.patch(), scratch, [=](std::int64_t i, Scalar*) {
        const Scalar* row = w + i % g.patch() * g.out_channels + i / g.patch() * g.group_out;
        std::copy_n(row, g.group_out, to + i * width);
        std::fill_n(to + i * width + g.group_out, width - g.group_out, Scalar(0));
      });
  return {to, width, g.patch() * width};
}

// One tile and one group: blocks of output channels, passes of kernel rows, output positions.
template <class Scalar>
void correlate_tile(const ConvolutionGeometry& g, const Tile& tile, const Window<Scalar>& window,
                    const Scalar* w, std::int64_t w_row, const Scalar* bias, bool accumulate,
                    Scalar* y) {
  const bool whole = has_whole_rows(g);
  const std::int64_t row_elements = g.kernel_w * g.group_in;
  const std::int64_t row_bytes =
      row_elements * most_columns<Scalar> * static_cast<std::int64_t>(sizeof(Scalar));
  const std::int64_t pass = std::clamp<std::int64_t>(pass_bytes / row_bytes, 1, g.kernel_h);
  Walk walk = {pass,
               g.dilation * window.row,
               whole ? 1 : g.kernel_w,
               g.dilation * g.channels,
               whole ? row_elements : g.group_in,
               1};
  Block<Scalar> block{};
  block.a_row = g.stride * g.channels;
  block.b_row = w_row;
  block.c_row = g.out_channels;
  for (std::int64_t n = 0; n < g.group_out; n += most_columns<Scalar>) {
    const std::int64_t columns = std::min(most_columns<Scalar>, g.group_out - n);
    for (std::int64_t i = 0; i < g.kernel_h; i += pass) {
      walk.outer = std::min(pass, g.kernel_h - i);
      block.b = w + i * row_elements * w_row + n;
      for (std::int64_t p = 0; p < tile.rows; ++p) {
        const Scalar* from = window.data + (p * g.stride + i * g.dilation) * window.row;
        Scalar* to = y + p * g.out_width * g.out_channels + n;
        for_each_part(tile.columns, [&](std::int64_t q, int count) {
          block.a = from + q * block.a_row;
          block.c = to + q * g.out_channels;
          const bool continued = accumulate || i > 0;
          block.start = continued ? block.c : bias ? bias + n : nullptr;
          block.start_row = continued ? block.c_row : 0;
          multiply_block(count, columns, walk, block);
        });
      }
    }
  }
}

// The weight of g.transposed().
template <class Scalar>
const Scalar* turned(const ConvolutionGeometry& g, const std::vector<AnyTensor>& scratch,
                     const Scalar* w) {
  Scalar* to = scratch[turned_weights].as<Scalar>().data();
  // Squares, because one side is read and the other written with large steps.
  constexpr std::int64_t side = 16;
  const std::int64_t kernel = g.kernel_h * g.kernel_w;
  for_each_tile<Scalar>("turn weights", kernel * g.groups, scratch, [=](std::int64_t u, Scalar*) {
    const std::int64_t group = u / kernel;
    const Scalar* from =
        w + (kernel - 1 - u % kernel) * g.group_in * g.out_channels + group * g.group_out;
    Scalar* target = to + u % kernel * g.group_out * g.channels + group * g.group_in;
    for (std::int64_t c = 0; c < g.group_in; c += side) {
      for (std::int64_t n = 0; n < g.group_out; n += side) {
        for (std::int64_t i = n; i < std::min(n + side, g.group_out); ++i) {
          for (std::int64_t j = c; j < std::min(c + side, g.group_in); ++j)
            target[i * g.channels + j] = from[j * g.out_channels + i];
        }
      }
    }
  });
  return to;
}

}  // namespace

template <class Scalar>
std::int64_t correlation_buffer(const ConvolutionGeometry& geometry) {
  const ConvolutionGeometry g = geometry.flattened();
  if (!g.is_padded()) return 1;
  const Tiling tiling = correlation_tiles<Scalar>(g);
  return window_elements(g, tiling.rows, tiling.columns);
}

template <class Scalar>
std::vector<TensorSpec> scratch(const ConvolutionGeometry& g) {
  const auto precision = precision_of<Scalar>();
  const std::int64_t weights = g.patch() * g.out_channels;
  std::int64_t buffer = std::max(correlation_buffer<Scalar>(g), weight_adjoint_buffer<Scalar>(g));
  std::int64_t packed_size = packed_elements<Scalar>(g);
  if (g.stride == 1) {
    buffer = std::max(buffer, correlation_buffer<Scalar>(g.transposed()));
    packed_size = std::max(packed_size, packed_elements<Scalar>(g.transposed()));
  } else {
    buffer = std::max(buffer, strided_adjoint_buffer<Scalar>(g));
  }
  std::vector<TensorSpec> specs = {{{Host().concurrency(), buffer}, precision},
                                   {{packed_size}, precision},
                                   {{g.stride == 1 ? weights : 0}, precision}};
  const auto others = weight_adjoint_scratch<Scalar>(g);
  specs.insert(specs.end(), others.begin(), others.end());
  return specs;
}

template <class Scalar>
void correlate(const ConvolutionGeometry& geometry, const std::vector<AnyTensor>& scratch,
               const Scalar* x, const Scalar* w, const Scalar* bias, bool accumulate, Scalar* y) {
  const ConvolutionGeometry g = geometry.flattened();
  const auto weights = packed(g, scratch, w);
  const Tiling tiling = correlation_tiles<Scalar>(g);
  for_each_tile<Scalar>(
      "convolution", g.batch * tiling.per_image(), scratch, [=](std::int64_t i, Scalar* buffer) {
        const Tile tile = tiling[i];
        const auto window = window_of(g, x, tile, 0, g.kernel_h, buffer);
        Scalar* out = y + ((tile.image * g.out_height + tile.row) * g.out_width + tile.column) *
                              g.out_channels;
        for (std::int64_t group = 0; group < g.groups; ++group) {
          correlate_tile(g, tile, {window.data + group * g.group_in, window.row},
                         weights.first + group * weights.group, weights.row,
                         bias ? bias + group * g.group_out : nullptr, accumulate,
                         out + group * g.group_out);
        }
      });
}

template <class Scalar>
void input_adjoint(const ConvolutionGeometry& g, const std::vector<AnyTensor>& scratch,
                   const Scalar* dy, const Scalar* w, Scalar* dx) {
  if (g.stride == 1) {
    const Scalar* none = nullptr;
    correlate(g.transposed(), scratch, dy, turned(g, scratch, w), none, false, dx);
  } else {
    strided_input_adjoint(g, scratch, dy, w, dx);
  }
}

template std::vector<TensorSpec> scratch<float>(const ConvolutionGeometry&);
template std::vector<TensorSpec> scratch<double>(const ConvolutionGeometry&);
template void correlate(const ConvolutionGeometry&, const std::vector<AnyTensor>&, const float*,
                        const float*, const float*, bool, float*);
template void correlate(const ConvolutionGeometry&, const std::vector<AnyTensor>&, const double*,
                        const double*, const double*, bool, double*);
template void input_adjoint(const ConvolutionGeometry&, const std::vector<AnyTensor>&, const float*,
                            const float*, float*);
template void input_adjoint(const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                            const double*, const double*, double*);

}  // namespace eigenprop::tiles
