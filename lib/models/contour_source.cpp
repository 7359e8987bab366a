#include "models/contour_source.hpp"

#include "runtime/error.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {

void declare_contour_source(CommandLine& line, ContourSourceSettings& s) {
  line.choice("affinity", s.affinity, {"network", "contour"},
              "network: that of the checkpoint; contour: edge weights by intervening contour on an "
              "edge map of the image");
  line.option("scales", s.scales,
              "Sizes of the image, relative to view.whole_side, over which a network's boundary "
              "map is averaged");
  auto& c = s.contour;
  line.option("contour.sigma", c.sigma, "Smoothing of the image before its gradient, pixels");
  line.option("contour.step", c.step, "Side of the squares of pixels that are one node");
  line.option("contour.radius", c.radius, "Largest distance of tied nodes, 1 to 10");
  line.option("contour.width", c.width,
              "Width of the contour as a share of the map's strongest percent");
  line.option("contour.vectors", c.vectors, "Leading eigenvectors");
  line.option("contour.tolerance", c.tolerance, "Of their residuals");
  line.option("contour.scales", c.scales,
              "Graphs of larger and larger cells, tied by averages (Cour, Benezit and Shi)");
  line.option("contour.scale_factor", c.scale_factor,
              "Side of a scale's cells in those of the finer one: 2, 4, 8, ...");
  line.option("contour.scale_radius", c.scale_radius,
              "Largest distance of tied cells, in cells, 1 to 10");
}

ContourSource::ContourSource(const ContourSourceSettings& settings, const Communicator& world,
                             const Communicator* sharing, const std::string& program)
    : settings_(settings), sharing_(sharing) {
  if (settings.affinity == "contour" || !settings.needs_network) return;
  const auto checkpoint = read_checkpoint(settings.checkpoint, world);
  const std::string source = "checkpoint '" + settings.checkpoint + "'";
  NCutsTrainingSettings training;
  CommandLine line(program, "");
  declare_ncuts_options(line, training);
  line.ignore_other_keys();
  line.parse_text(checkpoint.configuration, source);
  if (training.has_graph()) {
    graph_ = std::make_unique<GraphCutsNetwork>(training, checkpoint.parameters, source, sharing_);
    if (training.graph.weights != "features")
      boundary_ = std::make_unique<BoundaryNetwork>(training, checkpoint.parameters, source,
                                                    settings.scales);
    return;
  }
  features_ = std::make_unique<NCutsFeatures>(training, checkpoint.parameters, source);
  metric_ = metric_of_features(checkpoint, features_->dimensions(), source);
}

SpectralVectors ContourSource::eigenvectors_of(const SegmentedImage& image) {
  if (graph_) return graph_->eigenvectors_of(image);
  if (!features_) return contour_vectors(image, settings_.contour, sharing_);
  return low_rank_spectrum(features_->of(image), metric_.data(), settings_.eigenvectors);
}

std::vector<float> ContourSource::boundary_of(const SegmentedImage& image) {
  return boundary_ ? boundary_->of(image) : std::vector<float>();
}

}  // namespace eigenprop
