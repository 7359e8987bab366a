#include "segmentation/contour_affinity.hpp"

#include <algorithm>
#include <cmath>

#include "cuts/graph_cuts_operation.hpp"
#include "cuts/intervening_contour.hpp"
#include "data/normalization.hpp"
#include "graph/execution.hpp"
#include "graph/graph.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "segmentation/smoothing.hpp"

namespace eigenprop {
namespace {

double quantile(std::vector<double> values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// Edge tensor of a boundary map, of this rank's lines.
AnyTensor contour_edges(const PixelVectors& map, double width, const EdgeGraphSettings& edges) {
  Graph graph(0);
  const auto boundary = graph.input("boundary", Precision::f64);
  const auto sigma = graph.input("width", Precision::f64);
  // The maximum over a line, as the classical method has it.
  const auto weights = graph.apply(
      "contour", std::make_shared<InterveningContour>(InterveningContourSettings{edges, 0}),
      {boundary, sigma});
  graph.name_output("edges", weights);
  auto& execution = graph.plan({{{map.height, map.width}, Precision::f64}, {{1}, Precision::f64}},
                               Mode::inference);
  from_host(execution.input(0).as<double>(), map.values);
  from_host(execution.input(1).as<double>(), {width});
  execution.forward({});
  return execution.value(weights);
}

}  // namespace

PixelVectors edge_map(const Image& image, double sigma, int step) {
  require(step > 0 && sigma > 0, "edge maps need a positive step and a positive smoothing");
  const int h = image.height, w = image.width;
  const auto gradient = lab_gradient(image, sigma);
  PixelVectors map{(h + step - 1) / step, (w + step - 1) / step, 1, {}};
  map.values.assign(index(std::int64_t{map.height} * map.width), 0.0);
  for (int y = 0; y < h; ++y) {
    for (int x = 0; x < w; ++x) {
      double& node = map.values[index(std::int64_t{y / step} * map.width + x / step)];
      node = std::max(node, gradient[index(std::int64_t{y} * w + x)]);
    }
  }
  // Of an image with few edges the quantile may be zero where the largest is not.
  const double strong = std::max(quantile(map.values, 0.99),
                                 0.01 * *std::max_element(map.values.begin(), map.values.end()));
  if (strong > 0) {
    for (double& value : map.values) value /= strong;
  }
  return map;
}

SpectralVectors graph_vectors(const double* edges, std::int64_t lines, std::int64_t width,
                              int radius, const GraphSpectrumSettings& settings,
                              const Communicator* comm) {
  const auto graph = graph_of_edges(edges, lines, width, radius, comm);
  auto wanted = settings;
  // Small images have fewer eigenvectors than one asks for.
  const std::int64_t pixels = graph.grid().pixels();
  wanted.guards = static_cast<int>(std::min<std::int64_t>(wanted.guards, pixels / 2));
  wanted.vectors = static_cast<int>(
      std::max<std::int64_t>(1, std::min<std::int64_t>(wanted.vectors, pixels - wanted.guards)));
  const auto found = GraphSpectrum(graph, wanted).eigenvectors();
  SpectralVectors result;
  result.height = static_cast<int>(graph.grid().height());
  result.width = static_cast<int>(width);
  result.dimensions = found.vectors;
  result.eigenvalues.assign(found.values.begin(), found.values.begin() + found.vectors);
  const std::int64_t own = graph.grid().own_pixels(), first = graph.grid().first_pixel();
  result.eigenvectors.assign(index(pixels * found.vectors), 0.0);
  result.degrees.assign(index(pixels), 0.0);
  for (std::int64_t i = 0; i < own; ++i) {
    std::copy_n(found.basis.row(i), found.vectors,
                result.eigenvectors.begin() + (first + i) * found.vectors);
    result.degrees[index(first + i)] = graph.degrees[index(i)];
  }
  if (comm) {
    comm->sum(result.eigenvectors.data(), pixels * found.vectors);
    comm->sum(result.degrees.data(), pixels);
  }
  return result;
}

SpectralVectors contour_vectors(const Image& image, const ContourSettings& settings,
                                const Communicator* comm) {
  const auto map = edge_map(image, settings.sigma, static_cast<int>(settings.step));
  EdgeGraphSettings edges;
  edges.radius = static_cast<int>(settings.radius);
  edges.rank = comm ? comm->rank() : 0;
  edges.ranks = comm ? comm->size() : 1;
  const auto weights = contour_edges(map, settings.width, edges);
  GraphSpectrumSettings spectrum;
  spectrum.vectors = static_cast<int>(settings.vectors);
  spectrum.tolerance = settings.tolerance;
  const auto values = to_host(weights.as<double>());
  return graph_vectors(values.data(), weights.shape()[0], map.width, edges.radius, spectrum, comm);
}

}  // namespace eigenprop
