#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "contour_edges.hpp"
#include "cuts/edge_derivatives.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "cuts/truncated_alignment.hpp"
#include "data/segmentation_dataset.hpp"
#include "runtime/random.hpp"
#include "scaling_record.hpp"
#include "segmentation/contour_affinity.hpp"

namespace eigenprop {

/// A map of boundaries (height, width), row-major, and the width σ of contours in it.
struct MosaicMap {
  std::int64_t height = 0, width = 0;
  std::vector<double> values;
  double sigma = 0.05;
};

/// Some `pixels` pixels of tiles of 481 x 321 with outlines that differ from one to the next, and
/// noise.
inline MosaicMap synthetic_mosaic(std::int64_t pixels) {
  constexpr std::int64_t tile_height = 321;
  constexpr std::int64_t tile_width = 481;
  const auto side = std::max<std::int64_t>(
      1, std::llround(std::sqrt(static_cast<double>(pixels) / (tile_height * tile_width))));
  MosaicMap map;
  map.width = side * tile_width;
  map.height = std::max<std::int64_t>(1, pixels / map.width);
  petsc_count(map.height * map.width, "pixels");
  const RandomStream stream(RandomKey{1, RandomPurpose::test, 0, 0, 0});
  for (std::int64_t i = 0; i < map.height * map.width; ++i) {
    const std::int64_t line = i / map.width;
    const std::int64_t column = i % map.width;
    const auto tile = static_cast<double>(line / tile_height * side + column / tile_width);
    const double y = static_cast<double>(line % tile_height) / tile_height;
    const double x = static_cast<double>(column % tile_width) / tile_width;
    const double wave =
        std::sin(9 * x + 4 * std::sin(5 * y + tile)) * std::sin(7 * y + 3 * x + 2 * tile);
    const bool seam = line % tile_height == 0 || column % tile_width == 0;
    map.values.push_back((seam ? 0.12 : 0.1 * std::exp(-400 * wave * wave)) +
                         0.02 * stream.uniform(static_cast<std::uint64_t>(i)));
  }
  return map;
}

/// The edge map of the first image of a packed file, as `segment --affinity contour` has it, for
/// contours of width `sigma`.
inline MosaicMap packed_mosaic(const std::string& path, double sigma) {
  const SegmentationDataset data(path);
  require(data.size() > 0, path + ": holds no image");
  auto map = edge_map(data[0].image, ContourSettings().sigma, 1);
  return {map.height, map.width, std::move(map.values), sigma};
}

/// Normalized cuts of a map as one affinity graph, its lines spread over the ranks: seconds,
/// iterations and peak memory of the edge weights, of the eigenvectors, and of the gradient of the
/// truncated J₁ in all edges, for 8 segments side by side. `map` is let go of as soon as it is
/// used. Collective.
inline void scale_graph_cuts(MosaicMap map, int radius, const GraphSpectrumSettings& settings,
                             const Communicator& world, ScalingRecord& record) {
  const std::int64_t width = map.width;
  record.set("pixels", static_cast<double>(map.height * width));
  record.set("height", static_cast<double>(map.height));
  record.set("width", static_cast<double>(width));
  record.set("radius", radius);
  record.set("vectors", settings.vectors);
  if (world.is_root())
    std::printf("graph of %lld x %lld pixels, radius %d, %d ranks\n",
                static_cast<long long>(map.height), static_cast<long long>(width), radius,
                world.size());
  const HostExecutionSpace space;
  ScalingTimer timer;
  const auto edges = contour_edges(map.values, map.height, map.width, radius, world, map.sigma);
  map.values = {};
  record.stage("edges", "edge weights", timer, "");

  timer.reset();
  const auto graph = graph_of_edges(space, edges.data(), edges.shape()[0], width, radius, &world);
  const GraphSpectrum spectrum(space, graph, settings);
  record.stage("grids", "grids", timer, "");
  timer.reset();
  const auto at = spectrum.eigenvectors();
  record.stage("eigenvectors", "eigenvectors", timer, std::to_string(at.products) + " products");

  timer.reset();
  const std::int64_t own = graph.grid().own_pixels();
  std::vector<std::int32_t> labels;
  for (std::int64_t i = graph.grid().first_pixel(); i < graph.grid().first_pixel() + own; ++i)
    labels.push_back(static_cast<std::int32_t>(8 * (i % width) / width));
  const auto segmentations = count_segments(labels.data(), 1, own, world);
  const auto u = leading_columns(at.basis, at.vectors);
  const auto value = truncated_alignment(space, u, graph.degrees, segmentations, &world);
  const auto solution = spectrum.solve_projected(
      at, alignment_right_sides(space, value, graph.degrees, segmentations));
  const VectorBlock<double> m_z(own, at.vectors);
  spectrum.multiply(solution.z, m_z);
  // The edges themselves are no longer needed: the gradient takes their place.
  EdgeGradient gradient(space, graph, edges.data());
  gradient.add(solution.z, u, m_z, scaled_columns(space, u, at.values), 2);
  gradient.finish(alignment_degree_gradient(space, value, u, graph.degrees, segmentations), 1);
  record.stage("gradient", "gradient of J1", timer,
               std::to_string(solution.iterations) + " iterations");
  const double residual =
      *std::max_element(at.residuals.begin(), at.residuals.begin() + at.vectors);
  const double last = at.values[static_cast<std::size_t>(at.vectors - 1)];
  if (world.is_root())
    std::printf("J1 %.9f, lambda_%d %.9f, gap %.3g, residual %.3g, adjoint residual %.3g\n",
                value.value, at.vectors, last, at.gap, residual, solution.residual);
  record.set("chosen_vectors", at.vectors);
  record.set("products", at.products);
  record.set("residual", residual);
  record.set("last_eigenvalue", last);
  record.set("gap", at.gap);
  record.set("objective", value.value);
  record.set("adjoint_iterations", solution.iterations);
  record.set("adjoint_residual", solution.residual);
}

}  // namespace eigenprop
