#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contour_edges.hpp"
#include "cuts/edge_derivatives.hpp"
#include "cuts/graph_cuts_operation.hpp"
#include "cuts/truncated_alignment.hpp"
#include "data/segmentation_dataset.hpp"
#include "runtime/random.hpp"
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
    const std::int64_t number = line / tile_height * side + column / tile_width;
    const auto tile = static_cast<double>(number);
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
  auto map = edge_map(data.image(0).image, ContourSettings().sigma, 1);
  return {map.height, map.width, std::move(map.values), sigma};
}

/// Normalized cuts of a map as one affinity graph, its lines spread over the ranks: eigenvectors,
/// and the gradient of the truncated J₁ in all edges, for 8 segments side by side. All members are
/// collective over `world`, which must outlive the object, and called in their order.
class MosaicCuts {
 public:
  /// The edge weights. `map` is let go of.
  MosaicCuts(MosaicMap map, int radius, const GraphSpectrumSettings& settings,
             const Communicator& world)
      : settings_(settings),
        world_(world),
        width_(map.width),
        radius_(radius),
        edges_(contour_edges(map.values, map.height, map.width, radius, world, map.sigma)) {
    map.values = {};
  }

  void make_grids() {
    graph_.emplace(
        graph_of_edges(space_, edges_.data(), edges_.shape()[0], width_, radius_, &world_));
    spectrum_.emplace(space_, *graph_, settings_);
  }

  /// Stay until the next call.
  const GraphEigenvectors& solve() {
    at_.emplace(spectrum_->eigenvectors());
    return *at_;
  }

  struct Gradient {
    double value = 0;  ///< J₁
    int iterations = 0;
    double residual = 0;  ///< of the adjoint solve
  };

  /// The gradient takes the place of the edges, which are no longer needed.
  Gradient gradient() {
    const auto& grid = graph_->grid();
    const std::int64_t own = grid.own_pixels();
    std::vector<std::int32_t> labels;
    for (std::int64_t i = grid.first_pixel(); i < grid.first_pixel() + own; ++i)
      labels.push_back(static_cast<std::int32_t>(8 * (i % width_) / width_));
    const auto segmentations = count_segments(labels.data(), 1, own, world_);
    const auto u = leading_columns(at_->basis, at_->vectors);
    const auto value = truncated_alignment(space_, u, graph_->degrees, segmentations, &world_);
    const auto solution = spectrum_->solve_projected(
        *at_, alignment_right_sides(space_, value, graph_->degrees, segmentations));
    const VectorBlock<double> m_z(own, at_->vectors);
    spectrum_->multiply(solution.z, m_z);
    EdgeGradient gradient(space_, *graph_, edges_.data());
    gradient.add(solution.z, u, m_z, scaled_columns(space_, u, at_->values), 2);
    gradient.finish(alignment_degree_gradient(space_, value, u, graph_->degrees, segmentations), 1);
    return {value.value, solution.iterations, solution.residual};
  }

  /// Of the gradient, over all ranks.
  double gradient_norm() const {
    double squares = 0;
    for (const double e : to_host(edges_)) squares += e * e;
    return std::sqrt(world_.sum(squares));
  }

 private:
  HostExecutionSpace space_;
  GraphSpectrumSettings settings_;
  const Communicator& world_;
  std::int64_t width_;
  int radius_;
  Tensor<double> edges_;
  std::optional<AffinityGraph> graph_;
  std::optional<GraphSpectrum> spectrum_;
  std::optional<GraphEigenvectors> at_;
};

}  // namespace eigenprop
