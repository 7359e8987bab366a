#include "linalg/blas.hpp"
#include "operations/detail/convolution_windows.hpp"

namespace eigenprop::tiles {
namespace {

// Patch adjoints of one product, within the second-level cache beside the weights.
constexpr std::int64_t patches_bytes = std::int64_t{192} * 1024;

template <class Scalar>
std::int64_t patches_at_once(const ConvolutionGeometry& g) {
  const std::int64_t fitting =
      patches_bytes / (static_cast<std::int64_t>(sizeof(Scalar)) * g.patch());
  return std::clamp<std::int64_t>(fitting, 32, 512);
}

// Bands of output rows; two bands that are not neighbours touch different input rows.
std::int64_t band_rows(const ConvolutionGeometry& g) {
  const std::int64_t field = g.dilation * (g.kernel_h - 1) + 1;
  const std::int64_t apart = (field + g.stride - 1) / g.stride;
  return std::max(apart, (g.out_height + 15) / 16);
}

// Adds the patch adjoints of positions first .. first + count - 1 to the image.
template <class Scalar>
void scatter(const ConvolutionGeometry& g, const Scalar* patches, std::int64_t image,
             std::int64_t group, std::int64_t first, std::int64_t count, Scalar* dx) {
  const Scalar* from = patches;
  for (std::int64_t t = first; t < first + count; ++t) {
    const std::int64_t top = t / g.out_width * g.stride - g.padding_h;
    const std::int64_t left = t % g.out_width * g.stride - g.padding_w;
    for (std::int64_t i = 0; i < g.kernel_h; ++i) {
      const std::int64_t row = top + i * g.dilation;
      for (std::int64_t j = 0; j < g.kernel_w; ++j, from += g.group_in) {
        const std::int64_t column = left + j * g.dilation;
        if (row < 0 || row >= g.height || column < 0 || column >= g.width) continue;
        Scalar* to =
            dx + ((image * g.height + row) * g.width + column) * g.channels + group * g.group_in;
        for (std::int64_t c = 0; c < g.group_in; ++c) to[c] += from[c];
      }
    }
  }
}

}  // namespace

template <class Scalar>
std::int64_t strided_adjoint_buffer(const ConvolutionGeometry& g) {
  return patches_at_once<Scalar>(g) * g.patch();
}

template <class Scalar>
void strided_input_adjoint(const Host& space, const ConvolutionGeometry& g,
                           const std::vector<AnyTensor>& scratch, const Scalar* dy, const Scalar* w,
                           Scalar* dx) {
  const std::int64_t size = patches_at_once<Scalar>(g);
  const auto k = static_cast<int>(g.patch());
  const auto n = static_cast<int>(g.group_out);
  const auto ld = static_cast<int>(g.out_channels);
  const std::int64_t line = g.width * g.channels;
  for_each_tile<Scalar>(space, "clear", g.batch * g.height, scratch, [=](std::int64_t i, Scalar*) {
    std::fill_n(dx + i * line, line, Scalar(0));
  });
  // Neighbouring bands share input rows: the even ones go first, then the odd ones. Within a band
  // the order is fixed, so that no sum depends on the threads.
  const std::int64_t rows = band_rows(g);
  const std::int64_t bands = (g.out_height + rows - 1) / rows;
  for (std::int64_t parity = 0; parity < 2; ++parity) {
    const std::int64_t own = (bands + 1 - parity) / 2;
    for_each_tile<Scalar>(
        space, "convolution input adjoint", g.batch * own, scratch,
        [=](std::int64_t unit, Scalar* patches) {
          const std::int64_t image = unit / own;
          const std::int64_t band = 2 * (unit % own) + parity;
          const std::int64_t begin = band * rows * g.out_width;
          const std::int64_t end = std::min((band + 1) * rows, g.out_height) * g.out_width;
          for (std::int64_t first = begin; first < end; first += size) {
            const std::int64_t count = std::min(size, end - first);
            const Scalar* out = dy + (image * g.positions() + first) * g.out_channels;
            for (std::int64_t group = 0; group < g.groups; ++group) {
              gemm(Transpose::no, Transpose::yes, static_cast<int>(count), k, n, Scalar(1),
                   out + group * n, ld, w + group * n, ld, Scalar(0), patches, k);
              scatter(g, patches, image, group, first, count, dx);
            }
          }
        });
  }
}

template std::int64_t strided_adjoint_buffer<float>(const ConvolutionGeometry&);
template std::int64_t strided_adjoint_buffer<double>(const ConvolutionGeometry&);
template void strided_input_adjoint(const Host&, const ConvolutionGeometry&,
                                    const std::vector<AnyTensor>&, const float*, const float*,
                                    float*);
template void strided_input_adjoint(const Host&, const ConvolutionGeometry&,
                                    const std::vector<AnyTensor>&, const double*, const double*,
                                    double*);

}  // namespace eigenprop::tiles
