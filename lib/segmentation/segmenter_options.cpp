#include "segmentation/segmenter_options.hpp"

namespace eigenprop {

void declare_segmenter_options(CommandLine& line, SegmenterSettings& s) {
  line.option("segmenter.clusters", s.clusters, "Numbers of clusters, one segmentation each");
  line.option("segmenter.eigenvalue_power", s.eigenvalue_power,
              "Power of the eigenvalues that scales the eigenvectors");
  line.option("segmenter.weight_by_degree", s.weight_by_degree,
              "Weight the k-means by degrees (Bach and Jordan), or uniformly");
  line.option("segmenter.sampling", s.sampling, "k-means sees every n-th row and column");
  line.option("segmenter.restarts", s.restarts, "Starts of the k-means; the best counts");
  line.option("segmenter.smallest_region", s.smallest_region,
              "Connected parts of fewer pixels join a neighbour");
  line.option("segmenter.by_rank", s.by_rank,
              "One segmentation more: as many segments as the effective rank of F says, by as many "
              "eigenvectors (Bach and Jordan), weighted by degrees");
  line.option("segmenter.epsilon", s.epsilon,
              "by_rank: e of that rank, relative to the largest singular value; 0: the last one of "
              "a training with objective.projector = \"regularized\"");
  line.option("segmenter.tolerance", s.eigenvectors.tolerance,
              "Directions below this share of the largest singular value are dropped");
  line.option("segmenter.smallest_degree", s.eigenvectors.smallest_degree,
              "Positive degrees are raised to this share of their mean; other pixels take no part");
}

void declare_hierarchy_options(CommandLine& line, HierarchySettings& s) {
  line.option("hierarchy.sigma", s.sigma, "Smoothing of the image before its gradient, pixels");
  line.option("hierarchy.bias", s.weights.bias,
              "Strength of a contour, as log odds, where no cue speaks; fit_contours finds these "
              "weights");
  line.option("hierarchy.boundary", s.weights.boundary,
              "Weight of the log odds of the network's boundary map, where it has one");
  line.option("hierarchy.edges", s.weights.edges,
              "Weight of log(1 + the image's gradient over its mean)");
  line.option("hierarchy.spectral", s.weights.spectral,
              "Weight of log(1 + the eigenvectors' contours); 0: there need be no eigenvectors");
  line.option("hierarchy.thresholds", s.thresholds,
              "Levels in (0, 1) at which the hierarchy is cut, one segmentation each");
}

}  // namespace eigenprop
