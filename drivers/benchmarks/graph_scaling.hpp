#pragma once

#include <cstdio>
#include <utility>

#include "mosaic_cuts.hpp"
#include "scaling_record.hpp"

namespace eigenprop {

/// Seconds, iterations and peak memory of the edge weights, of the eigenvectors, and of the
/// gradient of a map's normalized cuts (mosaic_cuts.hpp). Collective.
inline void scale_graph_cuts(MosaicMap map, int radius, const GraphSpectrumSettings& settings,
                             const Communicator& world, ScalingRecord& record) {
  record.set("pixels", static_cast<double>(map.height * map.width));
  record.set("height", static_cast<double>(map.height));
  record.set("width", static_cast<double>(map.width));
  record.set("radius", radius);
  record.set("vectors", settings.vectors);
  if (world.is_root())
    std::printf("graph of %lld x %lld pixels, radius %d, %d ranks\n",
                static_cast<long long>(map.height), static_cast<long long>(map.width), radius,
                world.size());
  ScalingTimer timer;
  MosaicCuts cuts(std::move(map), radius, settings, world);
  record.stage("edges", "edge weights", timer, "");

  timer.reset();
  cuts.make_grids();
  record.stage("grids", "grids", timer, "");
  timer.reset();
  const auto& at = cuts.solve();
  record.stage("eigenvectors", "eigenvectors", timer, std::to_string(at.products) + " products");

  timer.reset();
  const auto gradient = cuts.gradient();
  record.stage("gradient", "gradient of J1", timer,
               std::to_string(gradient.iterations) + " iterations");
  const double residual =
      *std::max_element(at.residuals.begin(), at.residuals.begin() + at.vectors);
  const double last = at.values[static_cast<std::size_t>(at.vectors - 1)];
  if (world.is_root())
    std::printf("J1 %.9f, lambda_%d %.9f, gap %.3g, residual %.3g, adjoint residual %.3g\n",
                gradient.value, at.vectors, last, at.gap, residual, gradient.residual);
  record.set("chosen_vectors", at.vectors);
  record.set("products", at.products);
  record.set("residual", residual);
  record.set("last_eigenvalue", last);
  record.set("gap", at.gap);
  record.set("objective", gradient.value);
  record.set("adjoint_iterations", gradient.iterations);
  record.set("adjoint_residual", gradient.residual);
}

}  // namespace eigenprop
