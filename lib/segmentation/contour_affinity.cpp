#include "segmentation/contour_affinity.hpp"

#include <algorithm>
#include <cmath>

#include "cuts/graph_cuts_operation.hpp"
#include "cuts/intervening_contour.hpp"
#include "cuts/multiscale_graph.hpp"
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
Tensor<double> contour_edges(const PixelVectors& map, double width,
                             const EdgeGraphSettings& edges) {
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
  return execution.value(weights).as<double>();
}

// The largest of 2 x 2 nodes.
PixelVectors halved_map(const PixelVectors& map) {
  PixelVectors result{(map.height + 1) / 2, (map.width + 1) / 2, 1, {}};
  result.values.assign(index(std::int64_t{result.height} * result.width), 0.0);
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      double& value = result.values[index(y / 2 * result.width + x / 2)];
      value = std::max(value, map.values[index(y * map.width + x)]);
    }
  }
  return result;
}

int log2_of(std::int64_t power) {
  int result = 0;
  while ((std::int64_t{1} << (result + 1)) <= power) ++result;
  return result;
}

std::vector<CoarseScale> coarse_scales(const PixelVectors& finest,
                                       const ContourSettings& settings) {
  std::vector<CoarseScale> result;
  PixelVectors map = finest;
  EdgeGraphSettings edges;
  edges.radius = static_cast<int>(settings.scale_radius);
  const int step = log2_of(settings.scale_factor);
  for (std::int64_t s = 1; s < settings.scales; ++s) {
    for (int h = 0; h < step; ++h) map = halved_map(map);
    // Two cells at least, or there is nothing to tie.
    if (std::int64_t{map.height} * map.width < 2) break;
    const auto weights = to_host(contour_edges(map, settings.width, edges));
    result.push_back(
        {static_cast<int>(s) * step, graph_of_edges(HostExecutionSpace(), weights.data(),
                                                    map.height, map.width, edges.radius, nullptr)});
  }
  return result;
}

// Numbers of vectors and guards that a graph of so many pixels has.
GraphSpectrumSettings bounded(GraphSpectrumSettings wanted, std::int64_t pixels) {
  wanted.guards = static_cast<int>(std::min<std::int64_t>(wanted.guards, pixels / 2));
  wanted.vectors = static_cast<int>(
      std::max<std::int64_t>(1, std::min<std::int64_t>(wanted.vectors, pixels - wanted.guards)));
  return wanted;
}

// The first `count` vectors of all lines, on every rank.
SpectralVectors on_every_rank(const AffinityGraph& graph, const VectorBlock<double>& basis,
                              const std::vector<double>& values, int count,
                              const Communicator* comm) {
  const auto& grid = graph.grid();
  SpectralVectors result;
  result.height = static_cast<int>(grid.height());
  result.width = static_cast<int>(grid.width());
  result.dimensions = count;
  result.eigenvalues.assign(values.begin(), values.begin() + count);
  result.further_eigenvalues.assign(values.begin() + count, values.end());
  const std::int64_t own = grid.own_pixels(), first = grid.first_pixel();
  result.eigenvectors.assign(index(grid.pixels() * count), 0.0);
  result.degrees.assign(index(grid.pixels()), 0.0);
  for (std::int64_t i = 0; i < own; ++i) {
    std::copy_n(basis.row(i), count, result.eigenvectors.begin() + (first + i) * count);
    result.degrees[index(first + i)] = graph.degrees[index(i)];
  }
  if (comm) {
    comm->sum(result.eigenvectors.data(), grid.pixels() * count);
    comm->sum(result.degrees.data(), grid.pixels());
  }
  return result;
}

SpectralVectors multiscale_vectors(const AffinityGraph& graph,
                                   const std::vector<CoarseScale>& coarser,
                                   const GraphSpectrumSettings& settings,
                                   const Communicator* comm) {
  const auto wanted = bounded(settings, graph.grid().pixels());
  SubspaceSettings subspace;
  subspace.wanted = wanted.vectors;
  subspace.block = wanted.vectors + wanted.guards;
  subspace.goal.tolerance = wanted.tolerance;
  subspace.most_products = wanted.most_products;
  // As GraphSpectrum: residuals of a few times 1e-7 cannot be told from zero in single precision.
  const auto found =
      wanted.tolerance >= 1e-6
          ? multiscale_subspace(
                MultiscaleGraph<float>(HostExecutionSpace(), graph, coarser, subspace.block),
                subspace)
          : multiscale_subspace(
                MultiscaleGraph<double>(HostExecutionSpace(), graph, coarser, subspace.block),
                subspace);
  if (!found.converged) {
    const auto worst =
        std::max_element(found.residuals.begin(), found.residuals.begin() + subspace.wanted);
    throw Error("eigenvectors of the multiscale graph did not converge: after " +
                std::to_string(found.products) + " products eigenvalue " +
                std::to_string(worst - found.residuals.begin() + 1) + " has residual " +
                std::to_string(*worst) + ", not " + std::to_string(subspace.goal.tolerance) +
                "; raise contour.tolerance, or change contour.vectors");
  }
  return on_every_rank(graph, found.vectors, found.values, subspace.wanted, comm);
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
  const auto graph = graph_of_edges(HostExecutionSpace(), edges, lines, width, radius, comm);
  // Nothing to cut.
  if (graph.grid().pixels() == 1) return {1, 1, 0, {}, {}, {}};
  // Small images have fewer eigenvectors than one asks for.
  const auto found =
      GraphSpectrum(HostExecutionSpace(), graph, bounded(settings, graph.grid().pixels()))
          .eigenvectors();
  return on_every_rank(graph, found.basis, found.values, found.vectors, comm);
}

void check_contour_settings(const ContourSettings& s) {
  const auto check_radius = [](const char* key, std::int64_t radius) {
    require(radius >= 1 && radius <= largest_edge_radius,
            std::string(key) + " must lie between 1 and " + std::to_string(largest_edge_radius));
  };
  check_radius("contour.radius", s.radius);
  check_radius("contour.scale_radius", s.scale_radius);
  require(s.step >= 1 && s.step <= 1000, "contour.step must lie between 1 and 1000");
  require(s.sigma > 0 && s.sigma <= 1000, "contour.sigma must lie in (0, 1000]");
  require(s.width > 0, "contour.width must be positive");
  require(s.tolerance > 0 && s.tolerance < 1, "contour.tolerance must lie in (0, 1)");
  require(s.vectors >= 1 && s.vectors <= 256, "contour.vectors must lie between 1 and 256");
  require(s.scales >= 1 && s.scales <= 8, "contour.scales must lie between 1 and 8");
  require(
      s.scale_factor >= 2 && s.scale_factor <= 64 && (s.scale_factor & (s.scale_factor - 1)) == 0,
      "contour.scale_factor must be a power of two, from 2 to 64");
}

SpectralVectors contour_vectors(const SegmentedImage& image, const ContourSettings& settings,
                                const Communicator* comm) {
  try {
    const auto map = edge_map(image.image, settings.sigma, static_cast<int>(settings.step));
    EdgeGraphSettings edges;
    edges.radius = static_cast<int>(settings.radius);
    edges.rank = comm ? comm->rank() : 0;
    edges.ranks = comm ? comm->size() : 1;
    const auto weights = contour_edges(map, settings.width, edges);
    GraphSpectrumSettings spectrum;
    spectrum.vectors = static_cast<int>(settings.vectors);
    spectrum.tolerance = settings.tolerance;
    const auto values = to_host(weights);
    const std::int64_t lines = weights.shape()[0];
    if (settings.scales == 1 || std::int64_t{map.height} * map.width == 1)
      return graph_vectors(values.data(), lines, map.width, edges.radius, spectrum, comm);
    return multiscale_vectors(
        graph_of_edges(HostExecutionSpace(), values.data(), lines, map.width, edges.radius, comm),
        coarse_scales(map, settings), spectrum, comm);
  } catch (const Error&) {
    rethrow_with_prefix("image '" + image.name + "': ");
  }
}

}  // namespace eigenprop
