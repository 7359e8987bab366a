#include "segmentation/spectral_contours.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/index.hpp"

namespace eigenprop {

PixelVectors spectral_contours(const SpectralVectors& spectrum) {
  const int h = spectrum.height, w = spectrum.width, d = spectrum.dimensions;
  const auto nodes = std::int64_t{h} * w;
  PixelVectors result{h, w, 1, std::vector<double>(index(nodes), 0.0)};
  std::vector<double> v(index(nodes));
  for (int l = 1; l < d; ++l) {
    double squares = 0;
    for (std::int64_t i = 0; i < nodes; ++i) {
      const double degree = spectrum.degrees[index(i)];
      v[index(i)] = degree > 0 ? spectrum.eigenvectors[index(i * d + l)] / std::sqrt(degree) : 0.0;
      squares += v[index(i)] * v[index(i)];
    }
    if (squares == 0) continue;
    // Rounding may lift the eigenvalue of a graph in pieces to 1.
    const double away = std::max(1 - spectrum.eigenvalues[index(l)], 1e-12);
    const double scale = std::sqrt(static_cast<double>(nodes) / squares / away);
    // A node that is tied to nothing has no value that a difference could take.
    const auto difference = [&](std::int64_t a, std::int64_t b) {
      const bool known = spectrum.degrees[index(a)] > 0 && spectrum.degrees[index(b)] > 0;
      return known ? v[index(b)] - v[index(a)] : 0.0;
    };
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) {
        const auto i = std::int64_t{y} * w + x;
        const auto up = std::max(y - 1, 0), down = std::min(y + 1, h - 1);
        const auto left = std::max(x - 1, 0), right = std::min(x + 1, w - 1);
        const double dy = difference(i + std::int64_t{up - y} * w, i + std::int64_t{down - y} * w);
        const double dx = difference(i + left - x, i + right - x);
        result.values[index(i)] +=
            scale * std::hypot(dy / std::max(down - up, 1), dx / std::max(right - left, 1));
      }
    }
  }
  return result;
}

}  // namespace eigenprop
