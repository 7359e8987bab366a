#pragma once

#include <cmath>
#include <cstdio>

#include "contour_edges.hpp"
#include "cuts/edge_derivatives.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "cuts/truncated_alignment.hpp"
#include "peak_memory.hpp"
#include "runtime/random.hpp"
#include "runtime/timer.hpp"

namespace eigenprop {

/// Normalized cuts of a mosaic of synthetic images of 481 x 321 pixels as one affinity graph, its
/// lines spread over the ranks: prints seconds, iterations and peak memory of the edge weights, of
/// `vectors` eigenvectors to a residual of 1e-4, and of the gradient of the truncated J₁ in all
/// edges. Collective.
inline void scale_graph_cuts(std::int64_t pixels, int radius, int vectors,
                             const Communicator& world) {
  constexpr std::int64_t tile_height = 321;
  constexpr std::int64_t tile_width = 481;
  const auto side = std::max<std::int64_t>(
      1, std::llround(std::sqrt(static_cast<double>(pixels) / (tile_height * tile_width))));
  const std::int64_t width = side * tile_width;
  const std::int64_t height = std::max<std::int64_t>(1, pixels / width);
  const auto report = [&](const char* what, double seconds, int iterations) {
    const double slowest = world.max(seconds);
    const double memory = world.sum(peak_memory());
    if (world.is_root())
      std::printf("%-16s %9.2f s %5d iterations   peak so far %6.2f GiB in all\n", what, slowest,
                  iterations, memory);
  };
  if (world.is_root())
    std::printf("graph of %lld x %lld pixels, radius %d, %d ranks\n",
                static_cast<long long>(height), static_cast<long long>(width), radius,
                world.size());

  Timer timer;
  Tensor<double> edges;
  {
    // Outlines that differ from tile to tile, and noise.
    const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
    std::vector<double> map;
    for (std::int64_t i = 0; i < height * width; ++i) {
      const std::int64_t line = i / width;
      const std::int64_t column = i % width;
      const std::int64_t number = line / tile_height * side + column / tile_width;
      const auto tile = static_cast<double>(number);
      const double y = static_cast<double>(line % tile_height) / tile_height;
      const double x = static_cast<double>(column % tile_width) / tile_width;
      const double wave =
          std::sin(9 * x + 4 * std::sin(5 * y + tile)) * std::sin(7 * y + 3 * x + 2 * tile);
      const bool seam = line % tile_height == 0 || column % tile_width == 0;
      map.push_back((seam ? 0.12 : 0.1 * std::exp(-400 * wave * wave)) +
                    0.02 * stream.uniform(static_cast<std::uint64_t>(i)));
    }
    edges = contour_edges(map, height, width, radius, world);
  }
  report("edge weights", timer.seconds(), 0);

  timer.reset();
  const auto graph = graph_of_edges(edges.data(), edges.shape()[0], width, radius, &world);
  GraphSpectrumSettings settings;
  settings.vectors = vectors;
  // Fewer than usual: each is one more vector over all pixels.
  settings.guards = 8;
  const GraphSpectrum spectrum(graph, settings);
  report("grids", timer.seconds(), 0);
  timer.reset();
  const auto at = spectrum.eigenvectors();
  report("eigenvectors", timer.seconds(), at.products);

  timer.reset();
  const std::int64_t own = graph.grid().own_pixels();
  std::vector<std::int32_t> labels;
  for (std::int64_t i = graph.grid().first_pixel(); i < graph.grid().first_pixel() + own; ++i)
    labels.push_back(static_cast<std::int32_t>(8 * (i % width) / width));
  const auto segmentations = count_segments(labels.data(), 1, own, world);
  const auto u = leading_columns(at.basis, at.vectors);
  const auto value = truncated_alignment(u, graph.degrees, segmentations, &world);
  const auto solution =
      spectrum.solve_projected(at, alignment_right_sides(value, graph.degrees, segmentations));
  const VectorBlock<double> m_z(own, at.vectors);
  spectrum.multiply(solution.z, m_z);
  // The edges themselves are no longer needed: the gradient takes their place.
  EdgeGradient gradient(graph, edges.data());
  gradient.add(solution.z, u, m_z, scaled_columns(u, at.values), 2);
  gradient.finish(alignment_degree_gradient(value, u, graph.degrees, segmentations), 1);
  report("gradient of J1", timer.seconds(), solution.iterations);
  if (world.is_root())
    std::printf("J1 %.9f, lambda_%d %.9f, gap %.3g, adjoint residual %.3g\n", value.value,
                at.vectors, at.values[static_cast<std::size_t>(at.vectors - 1)], at.gap,
                solution.residual);
}

}  // namespace eigenprop
