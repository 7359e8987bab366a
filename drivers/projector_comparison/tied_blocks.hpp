#pragma once

#include <cstdint>
#include <vector>

#include "cuts/pixel_grid.hpp"

namespace eigenprop {

/// An affinity graph of pixels and a segmentation, whole.
struct GraphProblem {
  std::int64_t height = 0, width = 0;
  int radius = 0;
  std::vector<GridOffset> offsets;
  std::vector<double> edges;  ///< (height, width, offsets); zero where a pair leaves the image
  std::vector<std::int32_t> labels;  ///< (pixels)
  int segments = 0;

  std::int64_t pixels() const { return height * width; }

  /// f(pixel, neighbour, number of the edge) of every pair inside the image.
  template <class F>
  void for_each_edge(const F& f) const {
    for (std::int64_t i = 0; i < pixels(); ++i) {
      for (std::size_t o = 0; o < offsets.size(); ++o) {
        const std::int64_t line = i / width + offsets[o].down;
        const std::int64_t column = i % width + offsets[o].right;
        if (line >= height || column < 0 || column >= width) continue;
        f(i, line * width + column, static_cast<std::size_t>(i) * offsets.size() + o);
      }
    }
  }
};

/// A square of side² pixels with equal weights, but those between its left and its right half,
/// which are `tie`. For tie = 1 the second and the third eigenvalue of M are equal by symmetry; the
/// smaller the tie, the nearer to 1 is the second. Four segments, not symmetric.
GraphProblem tied_halves(std::int64_t side, int radius, double tie);

/// Four blocks of uneven weights, tied by weights of a twentieth, and their segmentation moved by
/// some pixels.
GraphProblem uneven_blocks(std::int64_t height, std::int64_t width, int radius);

/// The largest gap λ_2 − λ_3 that tied_halves can have.
double widest_gap(std::int64_t side, int radius);

/// The tie for which λ_2 − λ_3 of tied_halves is `gap`, by bisection; 1 for a gap of 0. Throws
/// InputError where no tie gives so large a gap.
double tie_of_gap(std::int64_t side, int radius, double gap);

}  // namespace eigenprop
