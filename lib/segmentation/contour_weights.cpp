#include "segmentation/contour_weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "linalg/lapack.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Solves A x = b for a symmetric positive definite A.
template <std::size_t n>
std::array<double, n> solve(std::array<double, n * n> a, const std::array<double, n>& b) {
  std::array<double, n> values{}, x{};
  symmetric_eigen(static_cast<int>(n), a.data(), values.data());
  for (std::size_t r = 0; r < n; ++r) {
    double along = 0;
    for (std::size_t i = 0; i < n; ++i) along += a[r * n + i] * b[i];
    for (std::size_t i = 0; i < n; ++i) x[i] += along / values[r] * a[r * n + i];
  }
  return x;
}

}  // namespace

void ContourSamples::add(const ContourCues& cues, const std::vector<double>& shares, int height,
                         int width, int stride) {
  const std::vector<float>* all[] = {nullptr, &cues.boundary, &cues.edges, &cues.spectral};
  const std::size_t pixels = index(height) * index(width);
  require(stride > 0 && shares.size() == pixels, "shares of boundaries are not of the image");
  for (int c = 1; c < count; ++c) {
    require(all[c]->empty() || all[c]->size() == pixels, "cues of contours are not of the image");
  }
  for (int y = stride / 2; y < height; y += stride) {
    for (int x = stride / 2; x < width; x += stride) {
      const std::size_t i = index(y) * index(width) + index(x);
      cues_.push_back(1);
      for (int c = 1; c < count; ++c)
        cues_.push_back(all[c]->empty() ? 0.0 : static_cast<double>((*all[c])[i]));
      shares_.push_back(shares[i]);
    }
  }
}

ContourWeights ContourSamples::fit(const Communicator& comm) const {
  constexpr std::size_t n = count;
  double samples = static_cast<double>(shares_.size());
  comm.sum(&samples, 1);
  require(samples > 0, "there is no pixel to learn the weights of contours from");
  const double ridge = 1e-8 * samples;
  std::array<double, n> w{};
  for (int step = 0; step < 100; ++step) {
    // Gradient and Hessian of the negative log-likelihood.
    std::array<double, n + n * n> sums{};
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      const double* cue = &cues_[i * n];
      double x = 0;
      for (std::size_t c = 0; c < n; ++c) x += w[c] * cue[c];
      const double p = 1 / (1 + std::exp(-x));
      for (std::size_t c = 0; c < n; ++c) {
        sums[c] += (p - shares_[i]) * cue[c];
        for (std::size_t e = 0; e < n; ++e) sums[n + c * n + e] += p * (1 - p) * cue[c] * cue[e];
      }
    }
    comm.sum(sums.data(), static_cast<std::int64_t>(sums.size()));
    std::array<double, n> gradient{};
    std::array<double, n * n> hessian{};
    std::copy_n(sums.begin(), n, gradient.begin());
    std::copy_n(sums.begin() + n, n * n, hessian.begin());
    for (std::size_t c = 0; c < n; ++c) {
      gradient[c] += ridge * w[c];
      hessian[c * n + c] += ridge;
    }
    const auto change = solve<n>(hessian, gradient);
    double largest = 0;
    for (std::size_t c = 0; c < n; ++c) {
      // Far from the minimum a whole step may go too far.
      w[c] -= std::clamp(change[c], -2.0, 2.0);
      largest = std::max(largest, std::abs(change[c]));
    }
    if (largest < 1e-10) return {w[0], w[1], w[2], w[3]};
  }
  throw Error("the weights of contours did not converge in 100 steps of Newton's method");
}

}  // namespace eigenprop
