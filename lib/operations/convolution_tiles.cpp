#include "operations/convolution_tiles.hpp"

#include <algorithm>
#include <cstring>

#include "tensor/blas.hpp"

namespace eigenprop::tiles {
namespace {

using Host = Kokkos::DefaultHostExecutionSpace;

// Half of a usual second-level cache of 512 KiB or more; the other half is for the weights.
constexpr std::int64_t tile_bytes = 192 * 1024;
// Weight gradients of one wave of chunks; bounds memory where the weights are large.
constexpr std::int64_t wave_bytes = std::int64_t{32} << 20;
constexpr std::int64_t chunk_positions = 4096;

enum Buffer { patches, partial_weights, weight_sums, bias_sums };

template <class Scalar>
std::int64_t tile_positions(const ConvolutionGeometry& g) {
  const std::int64_t fitting = tile_bytes / (static_cast<std::int64_t>(sizeof(Scalar)) * g.patch());
  return std::clamp<std::int64_t>(fitting, 32, 512);
}

// Chunks of consecutive positions of one image whose weight gradients are summed by one thread.
// Their number depends on the shape alone.
std::int64_t chunks_per_image(const ConvolutionGeometry& g) {
  return (g.positions() + chunk_positions - 1) / chunk_positions;
}

template <class Scalar>
std::int64_t wave_chunks(const ConvolutionGeometry& g) {
  const std::int64_t bytes = g.patch() * g.out_channels * static_cast<std::int64_t>(sizeof(Scalar));
  const std::int64_t all = g.batch * chunks_per_image(g);
  return std::min(all, std::clamp<std::int64_t>(wave_bytes / bytes, 2, 64));
}

// Bands of output rows; two bands that are not neighbours touch different input rows.
std::int64_t band_rows(const ConvolutionGeometry& g) {
  const std::int64_t field = g.dilation * (g.kernel_h - 1) + 1;
  const std::int64_t apart = (field + g.stride - 1) / g.stride;
  return std::max(apart, std::max<std::int64_t>(1, (g.out_height + 15) / 16));
}

// Runs f(i, patch buffer of the executing thread) for i = 0 .. n-1.
template <class Scalar, class F>
void for_each_tile(const char* label, std::int64_t n, const AnyTensor& buffers, const F& f) {
  const auto matrix = buffers.as<Scalar>().matrix();
  const Kokkos::Experimental::UniqueToken<Host> token;
  using Policy =
      Kokkos::RangePolicy<Host, Kokkos::Schedule<Kokkos::Dynamic>, Kokkos::IndexType<std::int64_t>>;
  Kokkos::parallel_for(label, Policy(0, n).set_chunk_size(1), [=](std::int64_t i) {
    const auto id = token.acquire();
    f(i, &matrix(id, 0));
    token.release(id);
  });
  Kokkos::fence();
}

// Calls f(run, image element or null, patch element) for the contiguous runs that make up the
// patch at output row p and column q. Without dilation and groups a run is a whole kernel row.
template <class F>
void for_each_run(const ConvolutionGeometry& g, std::int64_t image, std::int64_t group,
                  std::int64_t p, std::int64_t q, const F& f) {
  const std::int64_t left = q * g.stride - g.padding;
  const bool whole_rows = g.dilation == 1 && g.groups == 1;
  for (std::int64_t i = 0; i < g.kernel_h; ++i) {
    const std::int64_t row = p * g.stride + i * g.dilation - g.padding;
    const std::int64_t patch = i * g.kernel_w * g.group_in;
    if (row < 0 || row >= g.height) {
      f(g.kernel_w * g.group_in, std::int64_t{-1}, patch);
      continue;
    }
    const std::int64_t line = (image * g.height + row) * g.width;
    if (whole_rows) {
      const std::int64_t begin = std::clamp<std::int64_t>(-left, 0, g.kernel_w);
      const std::int64_t end = std::clamp<std::int64_t>(g.width - left, begin, g.kernel_w);
      if (begin > 0) f(begin * g.channels, std::int64_t{-1}, patch);
      if (end > begin)
        f((end - begin) * g.channels, (line + left + begin) * g.channels,
          patch + begin * g.channels);
      if (end < g.kernel_w)
        f((g.kernel_w - end) * g.channels, std::int64_t{-1}, patch + end * g.channels);
      continue;
    }
    for (std::int64_t j = 0; j < g.kernel_w; ++j) {
      const std::int64_t column = left + j * g.dilation;
      const bool inside = column >= 0 && column < g.width;
      f(g.group_in, inside ? (line + column) * g.channels + group * g.group_in : std::int64_t{-1},
        patch + j * g.group_in);
    }
  }
}

// Rows first .. first + count - 1 of the patch matrix of one image and group.
template <class Scalar>
void gather(const ConvolutionGeometry& g, const Scalar* x, std::int64_t image, std::int64_t group,
            std::int64_t first, std::int64_t count, Scalar* a) {
  const std::int64_t k = g.patch();
  for (std::int64_t t = 0; t < count; ++t) {
    Scalar* row = a + t * k;
    for_each_run(g, image, group, (first + t) / g.out_width, (first + t) % g.out_width,
                 [&](std::int64_t run, std::int64_t from, std::int64_t to) {
                   const auto bytes = static_cast<std::size_t>(run) * sizeof(Scalar);
                   if (from < 0) {
                     std::memset(row + to, 0, bytes);
                   } else {
                     std::memcpy(row + to, x + from, bytes);
                   }
                 });
  }
}

template <class Scalar>
void scatter(const ConvolutionGeometry& g, const Scalar* a, std::int64_t image, std::int64_t group,
             std::int64_t first, std::int64_t count, Scalar* dx) {
  const std::int64_t k = g.patch();
  for (std::int64_t t = 0; t < count; ++t) {
    const Scalar* row = a + t * k;
    for_each_run(g, image, group, (first + t) / g.out_width, (first + t) % g.out_width,
                 [&](std::int64_t run, std::int64_t to, std::int64_t from) {
                   if (to < 0) return;
                   Scalar* target = dx + to;
                   for (std::int64_t e = 0; e < run; ++e) target[e] += row[from + e];
                 });
  }
}

int narrow(std::int64_t value) { return static_cast<int>(value); }

}  // namespace

template <class Scalar>
std::vector<TensorSpec> scratch(const ConvolutionGeometry& g) {
  const auto precision = precision_of<Scalar>();
  const std::int64_t weights = g.patch() * g.out_channels;
  return {{{Host().concurrency(), tile_positions<Scalar>(g) * g.patch()}, precision},
          {{wave_chunks<Scalar>(g), weights}, precision},
          {{weights}, Precision::f64},
          {{g.batch * chunks_per_image(g), g.out_channels}, Precision::f64}};
}

template <class Scalar>
void correlate(const ConvolutionGeometry& g, const std::vector<AnyTensor>& scratch, const Scalar* x,
               const Scalar* w, const Scalar* bias, bool accumulate, Scalar* y) {
  const std::int64_t size = tile_positions<Scalar>(g);
  const std::int64_t tiles = (g.positions() + size - 1) / size;
  const auto k = narrow(g.patch());
  const auto n = narrow(g.group_out);
  const auto ldy = narrow(g.out_channels);
  for_each_tile<Scalar>(
      "convolution", g.batch * tiles, scratch[patches], [=](std::int64_t unit, Scalar* buffer) {
        const std::int64_t image = unit / tiles;
        const std::int64_t first = unit % tiles * size;
        const std::int64_t count = std::min(size, g.positions() - first);
        Scalar* out = y + (image * g.positions() + first) * g.out_channels;
        if (bias) {
          for (std::int64_t t = 0; t < count; ++t)
            std::memcpy(out + t * g.out_channels, bias,
                        static_cast<std::size_t>(g.out_channels) * sizeof(Scalar));
        }
        const Scalar beta = bias || accumulate ? Scalar(1) : Scalar(0);
        for (std::int64_t group = 0; group < g.groups; ++group) {
          const Scalar* a = buffer;
          if (g.is_pointwise()) {
            a = x + (image * g.positions() + first) * g.channels + group * g.group_in;
          } else {
            gather(g, x, image, group, first, count, buffer);
          }
          gemm(Transpose::no, Transpose::no, narrow(count), n, k, Scalar(1), a,
               g.is_pointwise() ? narrow(g.channels) : k, w + group * g.group_out, ldy, beta,
               out + group * g.group_out, ldy);
        }
      });
}

template <class Scalar>
void input_adjoint(const ConvolutionGeometry& g, const std::vector<AnyTensor>& scratch,
                   const Scalar* dy, const Scalar* w, Scalar* dx) {
  const std::int64_t size = tile_positions<Scalar>(g);
  const auto k = narrow(g.patch());
  const auto n = narrow(g.group_out);
  const auto ldy = narrow(g.out_channels);
  if (!g.is_pointwise()) {
    const std::int64_t row = g.width * g.channels;
    for_each_tile<Scalar>(
        "clear", g.batch * g.height, scratch[patches], [=](std::int64_t i, Scalar*) {
          std::memset(dx + i * row, 0, static_cast<std::size_t>(row) * sizeof(Scalar));
        });
  }
  // Neighbouring bands share input rows: the even ones go first, then the odd ones. Within a band
  // the order is fixed, so that no sum depends on the threads.
  const std::int64_t rows =
      g.is_pointwise() ? std::max<std::int64_t>(1, size / g.out_width) : band_rows(g);
  const std::int64_t bands = (g.out_height + rows - 1) / rows;
  for (std::int64_t parity = 0; parity < 2; ++parity) {
    const std::int64_t own = (bands + 1 - parity) / 2;
    for_each_tile<Scalar>(
        "convolution input adjoint", g.batch * own, scratch[patches],
        [=](std::int64_t unit, Scalar* buffer) {
          const std::int64_t image = unit / own;
          const std::int64_t band = 2 * (unit % own) + parity;
          const std::int64_t begin = band * rows * g.out_width;
          const std::int64_t end = std::min((band + 1) * rows, g.out_height) * g.out_width;
          for (std::int64_t first = begin; first < end; first += size) {
            const std::int64_t count = std::min(size, end - first);
            const Scalar* out = dy + (image * g.positions() + first) * g.out_channels;
            for (std::int64_t group = 0; group < g.groups; ++group) {
              Scalar* a = buffer;
              int lda = k;
              if (g.is_pointwise()) {
                a = dx + (image * g.positions() + first) * g.channels + group * g.group_in;
                lda = narrow(g.channels);
              }
              gemm(Transpose::no, Transpose::yes, narrow(count), k, n, Scalar(1),
                   out + group * g.group_out, ldy, w + group * g.group_out, ldy, Scalar(0), a, lda);
              if (!g.is_pointwise()) scatter(g, a, image, group, first, count, dx);
            }
          }
        });
  }
}

template <class Scalar>
void weight_adjoint(const ConvolutionGeometry& g, const std::vector<AnyTensor>& scratch,
                    const Scalar* x, const Scalar* dy, Scalar* dw) {
  const std::int64_t size = tile_positions<Scalar>(g);
  const std::int64_t chunks = chunks_per_image(g);
  const std::int64_t wave = wave_chunks<Scalar>(g);
  const std::int64_t weights = g.patch() * g.out_channels;
  const auto k = narrow(g.patch());
  const auto n = narrow(g.group_out);
  const auto ldy = narrow(g.out_channels);
  Scalar* partial = scratch[partial_weights].as<Scalar>().data();
  double* sums = scratch[weight_sums].as<double>().data();
  fill_zero(scratch[weight_sums]);

  for (std::int64_t start = 0; start < g.batch * chunks; start += wave) {
    const std::int64_t units = std::min(wave, g.batch * chunks - start);
    for_each_tile<Scalar>(
        "convolution weight adjoint", units, scratch[patches],
        [=](std::int64_t unit, Scalar* buffer) {
          const std::int64_t image = (start + unit) / chunks;
          const std::int64_t begin = (start + unit) % chunks * chunk_positions;
          const std::int64_t end = std::min(begin + chunk_positions, g.positions());
          Scalar* own = partial + unit * weights;
          for (std::int64_t first = begin; first < end; first += size) {
            const std::int64_t count = std::min(size, end - first);
            const Scalar* out = dy + (image * g.positions() + first) * g.out_channels;
            for (std::int64_t group = 0; group < g.groups; ++group) {
              const Scalar* a = buffer;
              int lda = k;
              if (g.is_pointwise()) {
                a = x + (image * g.positions() + first) * g.channels + group * g.group_in;
                lda = narrow(g.channels);
              } else {
                gather(g, x, image, group, first, count, buffer);
              }
              gemm(Transpose::yes, Transpose::no, k, n, narrow(count), Scalar(1), a, lda,
                   out + group * g.group_out, ldy, first == begin ? Scalar(0) : Scalar(1),
                   own + group * g.group_out, ldy);
            }
          }
        });
    const std::int64_t block = 4096;
    for_each_tile<Scalar>("convolution weight sum", (weights + block - 1) / block, scratch[patches],
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
void bias_adjoint(const ConvolutionGeometry& g, const std::vector<AnyTensor>& scratch,
                  const Scalar* dy, Scalar* dbias) {
  const std::int64_t chunks = chunks_per_image(g);
  const auto sums = scratch[bias_sums].as<double>().matrix();
  for_each_tile<Scalar>("convolution bias adjoint", g.batch * chunks, scratch[patches],
                        [=](std::int64_t unit, Scalar*) {
                          const std::int64_t begin = unit % chunks * chunk_positions;
                          const std::int64_t end = std::min(begin + chunk_positions, g.positions());
                          double* own = &sums(unit, 0);
                          std::fill(own, own + g.out_channels, 0.0);
                          for (std::int64_t t = begin; t < end; ++t) {
                            const Scalar* row =
                                dy + (unit / chunks * g.positions() + t) * g.out_channels;
                            for (std::int64_t n = 0; n < g.out_channels; ++n)
                              own[n] += static_cast<double>(row[n]);
                          }
                        });
  for (std::int64_t n = 0; n < g.out_channels; ++n) {
    double sum = 0;
    for (std::int64_t unit = 0; unit < g.batch * chunks; ++unit) sum += sums(unit, n);
    dbias[n] = static_cast<Scalar>(sum);
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
template void weight_adjoint(const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                             const float*, const float*, float*);
template void weight_adjoint(const ConvolutionGeometry&, const std::vector<AnyTensor>&,
                             const double*, const double*, double*);

template void bias_adjoint(const ConvolutionGeometry&, const std::vector<AnyTensor>&, const float*,
                           float*);
template void bias_adjoint(const ConvolutionGeometry&, const std::vector<AnyTensor>&, const double*,
                           double*);

}  // namespace eigenprop::tiles
