#include "operations/detail/convolution_tiles.hpp"

#include "operations/detail/convolution_windows.hpp"

namespace eigenprop::tiles {
namespace {

// Weights that one pass over a tile's rows uses again and again, within the second-level cache.
constexpr std::int64_t pass_bytes = std::int64_t{384} * 1024;

// Division of `correlate` into units of work: tiles, and shares of the output channels.
struct Division {
  Tiling tiling;
  std::int64_t shares;
};

// Enough units for all threads. Shares come before smaller tiles, which would read all weights more
// often. No result depends on the division.
template <class Scalar>
Division divide(const ConvolutionGeometry& g) {
  Tiling tiling = fitting_tiles<Scalar>(g, g.positions());
  // Of the default instance, for which buffers are planned.
  const std::int64_t threads = Host().concurrency();
  if (threads == 1) return {tiling, 1};
  const std::int64_t wanted = 4 * threads;
  const std::int64_t tiles = g.batch * tiling.per_image();
  const std::int64_t blocks = (g.group_out + most_columns<Scalar> - 1) / most_columns<Scalar>;
  const std::int64_t shares = std::clamp<std::int64_t>((wanted + tiles - 1) / tiles, 1, blocks);
  const std::int64_t positions = g.batch * g.positions() * shares / wanted;
  if (g.out_height == 1) {
    tiling.columns = std::min(tiling.columns, std::max<std::int64_t>(positions, 32));
  } else {
    tiling.rows = std::clamp<std::int64_t>(positions / tiling.columns, 1, tiling.rows);
  }
  return {tiling, shares};
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
GroupWeights<Scalar> packed(const Host& space, const ConvolutionGeometry& g,
                            const std::vector<AnyTensor>& scratch, const Scalar* w) {
  if (packed_elements<Scalar>(g) == 0) return {w, g.out_channels, g.group_out};
  Scalar* to = scratch[packed_weights].as<Scalar>().data();
  const std::int64_t width = whole_vectors<Scalar>(g.group_out);
  for_each_tile<Scalar>(
      space, "pack weights", g.groups * g.patch(), scratch, [=](std::int64_t i, Scalar*) {
        const Scalar* row = w + i % g.patch() * g.out_channels + i / g.patch() * g.group_out;
        std::copy_n(row, g.group_out, to + i * width);
        std::fill_n(to + i * width + g.group_out, width - g.group_out, Scalar(0));
      });
  return {to, width, g.patch() * width};
}

// One tile and channels begin .. end - 1 of one group: blocks of channels, passes of kernel rows,
// output positions.
template <class Scalar>
void correlate_tile(const ConvolutionGeometry& g, const Tile& tile, const Window<Scalar>& window,
                    std::int64_t begin, std::int64_t end, const Scalar* w, std::int64_t w_row,
                    const Scalar* bias, bool accumulate, Scalar* y) {
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
  block.b_row = w_row;
  for (std::int64_t n = begin; n < end; n += most_columns<Scalar>) {
    const std::int64_t columns = std::min(most_columns<Scalar>, end - n);
    block.bias = bias ? bias + n : nullptr;
    for (std::int64_t i = 0; i < g.kernel_h; i += pass) {
      walk.outer = std::min(pass, g.kernel_h - i);
      block.b = w + i * row_elements * w_row + n;
      block.accumulate = accumulate || i > 0;
      std::int64_t p = 0;
      std::int64_t q = 0;
      for_each_part(tile.rows * tile.columns, [&](std::int64_t, std::size_t count) {
        for (std::size_t r = 0; r < count; ++r) {
          block.a[r] = window.data + (p * g.stride + i * g.dilation) * window.row +
                       q * g.stride * g.channels;
          block.c[r] = y + (p * g.out_width + q) * g.out_channels + n;
          if (++q == tile.columns) {
            q = 0;
            ++p;
          }
        }
        multiply_block(count, columns, walk, block);
      });
    }
  }
}

// The weight of g.transposed().
template <class Scalar>
const Scalar* turned(const Host& space, const ConvolutionGeometry& g,
                     const std::vector<AnyTensor>& scratch, const Scalar* w) {
  Scalar* to = scratch[turned_weights].as<Scalar>().data();
  // Squares, because one side is read and the other written with large steps.
  constexpr std::int64_t side = 16;
  const std::int64_t kernel = g.kernel_h * g.kernel_w;
  for_each_tile<Scalar>(
      space, "turn weights", kernel * g.groups, scratch, [=](std::int64_t u, Scalar*) {
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
  const Tiling tiling = divide<Scalar>(g).tiling;
  return window_elements(g, tiling.rows, tiling.columns);
}

template <class Scalar>
std::vector<TensorSpec> correlation_scratch(const ConvolutionGeometry& g) {
  const auto precision = precision_of<Scalar>();
  std::int64_t buffer = correlation_buffer<Scalar>(g);
  std::int64_t packed_size = packed_elements<Scalar>(g);
  std::int64_t turned_size = 0;
  if (g.stride == 1) {
    buffer = std::max(buffer, correlation_buffer<Scalar>(g.transposed()));
    packed_size = std::max(packed_size, packed_elements<Scalar>(g.transposed()));
    turned_size = g.patch() * g.out_channels;
  }
  return {{{Host().concurrency(), buffer}, precision},
          {{packed_size}, precision},
          {{turned_size}, precision}};
}

template <class Scalar>
std::vector<TensorSpec> scratch(const ConvolutionGeometry& g) {
  auto specs = correlation_scratch<Scalar>(g);
  std::int64_t buffer = std::max(specs[thread_buffers].shape[1], weight_adjoint_buffer<Scalar>(g));
  if (g.stride > 1) buffer = std::max(buffer, strided_adjoint_buffer<Scalar>(g));
  specs[thread_buffers].shape = specs[thread_buffers].shape.with(1, buffer);
  const auto others = weight_adjoint_scratch<Scalar>(g);
  specs.insert(specs.end(), others.begin(), others.end());
  return specs;
}

template <class Scalar>
void correlate(const Host& space, const ConvolutionGeometry& geometry,
               const std::vector<AnyTensor>& scratch, const Scalar* x, const Scalar* w,
               const Scalar* bias, bool accumulate, Scalar* y) {
  const ConvolutionGeometry g = geometry.flattened();
  const auto weights = packed(space, g, scratch, w);
  const Division division = divide<Scalar>(g);
  const Tiling tiling = division.tiling;
  const std::int64_t shares = division.shares;
  const std::int64_t blocks = (g.group_out + most_columns<Scalar> - 1) / most_columns<Scalar>;
  for_each_tile<Scalar>(
      space, "convolution", g.batch * tiling.per_image() * shares, scratch,
      [=](std::int64_t unit, Scalar* buffer) {
        const Tile tile = tiling[unit / shares];
        const std::int64_t share = unit % shares;
        const std::int64_t begin = share * blocks / shares * most_columns<Scalar>;
        const std::int64_t end =
            std::min((share + 1) * blocks / shares * most_columns<Scalar>, g.group_out);
        const auto window = window_of(g, x, tile, 0, g.kernel_h, buffer);
        Scalar* out = y + ((tile.image * g.out_height + tile.row) * g.out_width + tile.column) *
                              g.out_channels;
        for (std::int64_t group = 0; group < g.groups; ++group) {
          correlate_tile(g, tile, {window.data + group * g.group_in, window.row}, begin, end,
                         weights.first + group * weights.group, weights.row,
                         bias ? bias + group * g.group_out : nullptr, accumulate,
                         out + group * g.group_out);
        }
      });
}

template <class Scalar>
void input_adjoint(const Host& space, const ConvolutionGeometry& g,
                   const std::vector<AnyTensor>& scratch, const Scalar* dy, const Scalar* w,
                   Scalar* dx) {
  if (g.stride == 1) {
    const Scalar* none = nullptr;
    correlate(space, g.transposed(), scratch, dy, turned(space, g, scratch, w), none, false, dx);
  } else {
    strided_input_adjoint(space, g, scratch, dy, w, dx);
  }
}

template std::vector<TensorSpec> correlation_scratch<float>(const ConvolutionGeometry&);
template std::vector<TensorSpec> correlation_scratch<double>(const ConvolutionGeometry&);
template std::vector<TensorSpec> scratch<float>(const ConvolutionGeometry&);
template std::vector<TensorSpec> scratch<double>(const ConvolutionGeometry&);
template void correlate(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                        const float*, const float*, const float*, bool, float*);
template void correlate(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                        const double*, const double*, const double*, bool, double*);
template void input_adjoint(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                            const float*, const float*, float*);
template void input_adjoint(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                            const double*, const double*, double*);

}  // namespace eigenprop::tiles
