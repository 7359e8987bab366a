#include "operations/detail/convolution_tiles.hpp"
#include "operations/detail/convolution_windows.hpp"

namespace eigenprop::tiles {
namespace {

// Positions of one image whose weight adjoints are summed in Scalar; beyond, sums are in double.
constexpr std::int64_t chunk_positions = 4096;
// Weight adjoints of one wave of chunks; bounds memory where the weights are large.
constexpr std::int64_t wave_bytes = std::int64_t{32} << 20;
// Positions whose output adjoints are copied at a time.
constexpr std::int64_t copied_positions = 448;

// Chunks depend on the shape of an image alone, never on the batch or on threads, so that neither
// do the sums.
Tiling chunks_of(const ConvolutionGeometry& g) {
  const std::int64_t columns = std::min(g.out_width, chunk_positions);
  const std::int64_t rows = std::clamp<std::int64_t>(chunk_positions / columns, 1, g.out_height);
  return {g.out_height, g.out_width, rows, columns};
}

std::int64_t weights_of(const ConvolutionGeometry& g) { return g.patch() * g.out_channels; }

template <class Scalar>
std::int64_t wave_chunks(const ConvolutionGeometry& g) {
  const std::int64_t bytes = weights_of(g) * static_cast<std::int64_t>(sizeof(Scalar));
  return std::min(g.batch * chunks_of(g).per_image(),
                  std::clamp<std::int64_t>(wave_bytes / bytes, 2, 64));
}

// The part of the weight adjoint that one unit of work computes: rows of the kernel, and output
// channels of each group.
struct Share {
  std::int64_t kernel_row, kernel_rows, begin, end;
};

// Output adjoints of a tile and group, block of columns by block of columns, each block's rows
// padded to whole vectors: positions are then consecutive for the product.
template <class Scalar>
void copy_adjoints(const ConvolutionGeometry& g, const Scalar* dy, const Tile& tile,
                   const Share& share, std::int64_t group, Scalar* to) {
  const Scalar* from =
      dy + ((tile.image * g.out_height + tile.row) * g.out_width + tile.column) * g.out_channels +
      group * g.group_out;
  for (std::int64_t n = share.begin; n < share.end; n += most_columns<Scalar>) {
    const std::int64_t columns = std::min(most_columns<Scalar>, share.end - n);
    const std::int64_t padding = whole_vectors<Scalar>(columns) - columns;
    for (std::int64_t p = 0; p < tile.rows; ++p) {
      for (std::int64_t q = 0; q < tile.columns; ++q) {
        to = std::copy_n(from + (p * g.out_width + q) * g.out_channels + n, columns, to);
        to = std::fill_n(to, padding, Scalar(0));
      }
    }
  }
}

// Adds (or writes, where `first`) what one tile contributes to a share of the weight adjoint.
template <class Scalar>
void add_tile(const ConvolutionGeometry& g, const Scalar* x, const Scalar* dy, const Tile& tile,
              const Share& share, bool first, Scalar* buffer, Scalar* dw) {
  Scalar* adjoints = buffer;
  const std::int64_t positions = tile.rows * tile.columns;
  const std::int64_t width = whole_vectors<Scalar>(share.end - share.begin);
  const auto window =
      window_of(g, x, tile, share.kernel_row, share.kernel_rows, buffer + positions * width);
  const bool whole = has_whole_rows(g);
  const std::int64_t runs = whole ? 1 : g.kernel_w;
  const std::int64_t run = whole ? g.kernel_w * g.channels : g.group_in;
  const Walk walk = {tile.rows, g.stride * window.row, 1, 0, tile.columns, g.stride * g.channels};
  Block<Scalar> block{};
  block.accumulate = !first;
  for (std::int64_t group = 0; group < g.groups; ++group) {
    copy_adjoints(g, dy, tile, share, group, adjoints);
    for (std::int64_t n = share.begin; n < share.end; n += most_columns<Scalar>) {
      const std::int64_t columns = std::min(most_columns<Scalar>, share.end - n);
      block.b = adjoints + (n - share.begin) * positions;
      block.b_row = whole_vectors<Scalar>(columns);
      for (std::int64_t i = 0; i < share.kernel_rows; ++i) {
        for (std::int64_t j = 0; j < runs; ++j) {
          const Scalar* a = window.data + i * g.dilation * window.row +
                            j * g.dilation * g.channels + group * g.group_in;
          Scalar* c = dw + ((share.kernel_row + i) * runs + j) * run * g.out_channels +
                      group * g.group_out + n;
          for_each_part(run, [&](std::int64_t r, std::size_t count) {
            for (std::size_t e = 0; e < count; ++e, ++r) {
              block.a[e] = a + r;
              block.c[e] = c + r * g.out_channels;
            }
            multiply_block(count, columns, walk, block);
          });
        }
      }
    }
  }
}

}  // namespace

template <class Scalar>
std::int64_t weight_adjoint_buffer(const ConvolutionGeometry& geometry) {
  const ConvolutionGeometry g = geometry.flattened();
  const Tiling tiling = fitting_tiles<Scalar>(g, copied_positions);
  return tiling.rows * tiling.columns * whole_vectors<Scalar>(g.group_out) +
         (g.is_padded() ? window_elements(g, tiling.rows, tiling.columns) : 0);
}

template <class Scalar>
std::vector<TensorSpec> weight_adjoint_scratch(const ConvolutionGeometry& geometry) {
  const ConvolutionGeometry g = geometry.flattened();
  return {{{wave_chunks<Scalar>(g), weights_of(g)}, precision_of<Scalar>()},
          {{weights_of(g)}, Precision::f64},
          {{g.batch * chunks_of(g).per_image(), g.out_channels}, Precision::f64}};
}

template <class Scalar>
void weight_adjoint(const Host& space, const ConvolutionGeometry& geometry,
                    const std::vector<AnyTensor>& scratch, const Scalar* x, const Scalar* dy,
                    Scalar* dw) {
  const ConvolutionGeometry g = geometry.flattened();
  const Tiling chunks = chunks_of(g);
  const Tiling tiling = fitting_tiles<Scalar>(g, copied_positions);
  const std::int64_t all = g.batch * chunks.per_image();
  const std::int64_t wave = wave_chunks<Scalar>(g);
  const std::int64_t weights = weights_of(g);
  // Where there are few chunks, threads also share rows of the kernel and output channels.
  const std::int64_t threads = Host().concurrency();
  const bool few = threads > 1 && all < 4 * threads;
  const std::int64_t kernel_rows = few ? 1 : g.kernel_h;
  const std::int64_t channels = few ? most_columns<Scalar> : g.group_out;
  const std::int64_t across = (g.group_out + channels - 1) / channels;
  const std::int64_t shares = g.kernel_h / kernel_rows * across;
  // One chunk alone is the result.
  Scalar* partial = all == 1 ? dw : scratch[partial_weights].as<Scalar>().data();
  double* sums = scratch[weight_sums].as<double>().data();
  if (all > 1) Kokkos::deep_copy(space, scratch[weight_sums].as<double>().view(), 0);

  for (std::int64_t start = 0; start < all; start += wave) {
    const std::int64_t units = std::min(wave, all - start);
    for_each_tile<Scalar>(space, "convolution weight adjoint", units * shares, scratch,
                          [=](std::int64_t unit, Scalar* buffer) {
                            const Tile chunk = chunks[start + unit / shares];
                            Scalar* own = partial + unit / shares * weights;
                            const std::int64_t begin = unit % across * channels;
                            const Share share = {unit % shares / across * kernel_rows, kernel_rows,
                                                 begin, std::min(begin + channels, g.group_out)};
                            for (std::int64_t p = 0; p < chunk.rows; p += tiling.rows) {
                              for (std::int64_t q = 0; q < chunk.columns; q += tiling.columns) {
                                const Tile tile = {chunk.image, chunk.row + p, chunk.column + q,
                                                   std::min(tiling.rows, chunk.rows - p),
                                                   std::min(tiling.columns, chunk.columns - q)};
                                add_tile(g, x, dy, tile, share, p + q == 0, buffer, own);
                              }
                            }
                          });
    if (all == 1) return;
    const std::int64_t block = 4096;
    for_each_tile<Scalar>(space, "convolution weight sum", (weights + block - 1) / block, scratch,
                          [=](std::int64_t b, Scalar*) {
                            const std::int64_t end = std::min((b + 1) * block, weights);
                            for (std::int64_t u = 0; u < units; ++u) {
                              const Scalar* part = partial + u * weights;
                              for (std::int64_t e = b * block; e < end; ++e)
                                sums[e] += static_cast<double>(part[e]);
                            }
                          });
  }
  for (std::int64_t e = 0; e < weights; ++e) dw[e] = static_cast<Scalar>(sums[e]);
}

template <class Scalar>
void bias_adjoint(const Host& space, const ConvolutionGeometry& geometry,
                  const std::vector<AnyTensor>& scratch, const Scalar* dy, Scalar* dbias) {
  const ConvolutionGeometry g = geometry.flattened();
  const Tiling chunks = chunks_of(g);
  const std::int64_t all = g.batch * chunks.per_image();
  const auto sums = scratch[bias_sums].as<double>().matrix();
  for_each_tile<Scalar>(
      space, "convolution bias adjoint", all, scratch, [=](std::int64_t unit, Scalar*) {
        const Tile chunk = chunks[unit];
        double* own = &sums(unit, 0);
        std::fill_n(own, g.out_channels, 0.0);
        for (std::int64_t p = 0; p < chunk.rows; ++p) {
          const Scalar* row =
              dy + ((chunk.image * g.out_height + chunk.row + p) * g.out_width + chunk.column) *
                       g.out_channels;
          for (std::int64_t q = 0; q < chunk.columns; ++q, row += g.out_channels) {
            for (std::int64_t n = 0; n < g.out_channels; ++n) own[n] += static_cast<double>(row[n]);
          }
        }
      });
  for (std::int64_t n = 0; n < g.out_channels; ++n) {
    double sum = 0;
    for (std::int64_t unit = 0; unit < all; ++unit) sum += sums(unit, n);
    dbias[n] = static_cast<Scalar>(sum);
  }
}

template std::int64_t weight_adjoint_buffer<float>(const ConvolutionGeometry&);
template std::int64_t weight_adjoint_buffer<double>(const ConvolutionGeometry&);
template std::vector<TensorSpec> weight_adjoint_scratch<float>(const ConvolutionGeometry&);
template std::vector<TensorSpec> weight_adjoint_scratch<double>(const ConvolutionGeometry&);
template void weight_adjoint(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                             const float*, const float*, float*);
template void weight_adjoint(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                             const double*, const double*, double*);
template void bias_adjoint(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                           const float*, float*);
template void bias_adjoint(const Host&, const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                           const double*, double*);

}  // namespace eigenprop::tiles
