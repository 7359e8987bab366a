#pragma once

#include "cuts/graph_spectrum.hpp"
#include "data/image.hpp"
#include "segmentation/segmenter.hpp"

namespace eigenprop {

/// Classical normalized cuts without a network: intervening contour on a plain edge map (Shi and
/// Malik; Cour, Bénézit and Shi, CVPR 2005).
struct ContourSettings {
  double sigma = 1.5;         ///< smoothing of the image in pixels, before its gradient
  std::int64_t step = 1;      ///< side of the squares of pixels that are one node
  std::int64_t radius = 5;    ///< of the edges, in nodes
  double width = 0.15;        ///< σ of the contour as a share of the map's strongest percent
  std::int64_t vectors = 16;  ///< leading eigenvectors
  double tolerance = 1e-4;    ///< of their residuals
  /// Graphs over nodes, cells of scale_factor x scale_factor nodes, of scale_factor² ..., tied by
  /// averages (multiscale_graph.hpp). The map of a cell is the largest of its nodes.
  std::int64_t scales = 1;
  std::int64_t scale_factor = 4;  ///< a power of two
  std::int64_t scale_radius = 5;  ///< of the edges between cells, in cells
};

/// Throws InputError for settings that are wrong for any image.
void check_contour_settings(const ContourSettings& settings);

/// An edge map: ‖∇(G_σ * Lab)‖ of an image, the root of the squares summed over the three channels,
/// at nodes of step x step pixels (the largest in each), divided by its 99 % quantile. Row-major
/// (height, width); zero for a flat image.
PixelVectors edge_map(const Image& image, double sigma, int step);

/// Leading eigenvectors of the graph of these edge weights, (own lines, width, offsets of
/// `radius`), of all lines on every rank of `comm`, which shares them; null for one rank.
/// Collective.
SpectralVectors graph_vectors(const double* edges, std::int64_t lines, std::int64_t width,
                              int radius, const GraphSpectrumSettings& settings,
                              const Communicator* comm);

/// Those of an image by the classical method, on every rank. Throws Error that names the image
/// where a solver does not converge. Collective over `comm`; null for one rank.
SpectralVectors contour_vectors(const SegmentedImage& image, const ContourSettings& settings,
                                const Communicator* comm);

}  // namespace eigenprop
