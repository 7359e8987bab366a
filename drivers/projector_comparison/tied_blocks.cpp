#include "projector_comparison/tied_blocks.hpp"

#include <cmath>

#include "projector_comparison/dense_projector.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

GraphProblem empty_problem(std::int64_t height, std::int64_t width, int radius,
                           std::int64_t shift) {
  GraphProblem p{height, width, radius, half_plane_offsets(radius), {}, {}, 4};
  p.edges.assign(static_cast<std::size_t>(p.pixels()) * p.offsets.size(), 0.0);
  for (std::int64_t i = 0; i < p.pixels(); ++i) {
    const bool right = i % width >= width / 2 + shift;
    const bool below = i / width >= height / 3 + shift;
    p.labels.push_back((below ? 2 : 0) + (right ? 1 : 0));
  }
  return p;
}

constexpr double least_tie = 1e-6;

double gap_of(std::int64_t side, int radius, double tie) {
  const auto values = dense_eigenvalues(tied_halves(side, radius, tie));
  return values[1] - values[2];
}

}  // namespace

GraphProblem tied_halves(std::int64_t side, int radius, double tie) {
  auto p = empty_problem(side, side, radius, 1);
  const auto left = [&](std::int64_t i) { return i % side < side / 2; };
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    p.edges[edge] = left(i) == left(j) ? 1 : tie;
  });
  return p;
}

GraphProblem uneven_blocks(std::int64_t height, std::int64_t width, int radius) {
  auto p = empty_problem(height, width, radius, 2);
  const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
  const auto block = [&](std::int64_t i) {
    return 2 * (i / width < height / 3 ? 0 : 1) + (i % width < width / 2 ? 0 : 1);
  };
  p.for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
    const double weight = 0.2 + stream.uniform(static_cast<std::uint64_t>(edge));
    p.edges[edge] = block(i) == block(j) ? weight : weight / 20;
  });
  return p;
}

double widest_gap(std::int64_t side, int radius) { return gap_of(side, radius, least_tie); }

double tie_of_gap(std::int64_t side, int radius, double gap) {
  if (gap == 0) return 1;
  // In 1 − tie, which the gap follows.
  double low = 0, high = 1 - least_tie;
  require(widest_gap(side, radius) > gap,
          "no tie of two halves gives a gap of " + std::to_string(gap));
  for (int step = 0; step < 80 && high - low > 1e-16; ++step) {
    const double middle = low > 0 ? std::sqrt(low * high) : high / 8;
    (gap_of(side, radius, 1 - middle) < gap ? low : high) = middle;
    if (high / 8 < 1e-15) break;
    if (low > 0 && high - low < 1e-8 * high) break;
  }
  return 1 - high;
}

}  // namespace eigenprop
