#include "segmentation/contour_weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

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
  for (std::size_t c = 1; c < count; ++c) {
    require(all[c]->empty() || all[c]->size() == pixels, "cues of contours are not of the image");
  }
  for (int y = stride / 2; y < height; y += stride) {
    for (int x = stride / 2; x < width; x += stride) {
      const std::size_t i = index(y) * index(width) + index(x);
      cues_.push_back(1);
      for (std::size_t c = 1; c < count; ++c)
        cues_.push_back(all[c]->empty() ? 0.0 : static_cast<double>((*all[c])[i]));
      shares_.push_back(shares[i]);
    }
  }
}

ContourSamples::Objective ContourSamples::objective(const std::array<double, count>& w,
                                                    double ridge, const Communicator& comm) const {
  constexpr std::size_t n = count;
  std::array<double, 1 + n + n * n> sums{};
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    const double* cue = &cues_[i * n];
    double x = 0;
    for (std::size_t c = 0; c < n; ++c) x += w[c] * cue[c];
    const double p = 1 / (1 + std::exp(-x));
    sums[0] += std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - shares_[i] * x;
    for (std::size_t c = 0; c < n; ++c) {
      sums[1 + c] += (p - shares_[i]) * cue[c];
      for (std::size_t e = 0; e < n; ++e) sums[1 + n + c * n + e] += p * (1 - p) * cue[c] * cue[e];
    }
  }
  comm.sum(sums.data(), static_cast<std::int64_t>(sums.size()));
  Objective result;
  result.value = sums[0];
  std::copy_n(sums.begin() + 1, n, result.gradient.begin());
  std::copy_n(sums.begin() + 1 + n, n * n, result.hessian.begin());
  for (std::size_t c = 0; c < n; ++c) {
    result.value += ridge / 2 * w[c] * w[c];
    result.gradient[c] += ridge * w[c];
    result.hessian[c * n + c] += ridge;
  }
  return result;
}

ContourWeights ContourSamples::fit(const Communicator& comm) const {
  double samples = static_cast<double>(shares_.size());
  comm.sum(&samples, 1);
  require(samples > 0, "there is no pixel to learn the weights of contours from");
  const double ridge = 1e-8 * samples;
  std::array<double, count> w{};
  auto at = objective(w, ridge, comm);
  for (int step = 0; step < 100; ++step) {
    const auto change = solve<count>(at.hessian, at.gradient);
    // Newton's decrement, twice what the step would gain were the objective quadratic. Changes
    // themselves may stay larger than their rounding where only the ridge tells cues apart.
    const double decrement =
        std::inner_product(change.begin(), change.end(), at.gradient.begin(), 0.0);
    if (decrement < 1e-20 * samples) return {w[0], w[1], w[2], w[3]};
    // Far from the minimum a whole step may go too far; near it the gain is below rounding.
    const double wanted = decrement > 1e-10 * samples ? 1e-4 * decrement : -1e-10 * samples;
    for (double share = 1; share > 1e-10; share /= 2) {
      auto next = w;
      for (std::size_t c = 0; c < next.size(); ++c) next[c] -= share * change[c];
      const auto there = objective(next, ridge, comm);
      if (!(there.value <= at.value - share * wanted)) continue;
      w = next;
      at = there;
      break;
    }
  }
  throw Error("the weights of contours did not converge in 100 steps of Newton's method");
}

}  // namespace eigenprop
