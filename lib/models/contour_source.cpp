#include "models/contour_source.hpp"

#include <algorithm>

#include "models/trunks.hpp"
#include "runtime/error.hpp"
#include "storage/trained_settings.hpp"

namespace eigenprop {
namespace {

void require_not_negative(const FeatureGrid& grid, const std::string& image,
                          const std::string& cut) {
  const std::int64_t size = std::int64_t{grid.height} * grid.width * grid.dimensions;
  require(std::none_of(grid.data, grid.data + size, [](double f) { return f < 0; }),
          "image '" + image + "': the affinity W = F F^T takes features that are not negative, " +
              "and layer '" + cut + "' has negative ones: take its ReLU for trunk.cut");
}

}  // namespace

void declare_contour_source(CommandLine& line, ContourSourceSettings& s) {
  line.choice("affinity", s.affinity, {"network", "contour"},
              "network: that of the checkpoint; contour: edge weights by intervening contour on an "
              "edge map of the image");
  declare_test_time_augmentation(line, s.augmentation);
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
                             const Communicator* sharing)
    : settings_(settings), sharing_(sharing) {
  if (settings.affinity == "contour" || !settings.needs_network) return;
  const auto checkpoint = read_checkpoint(settings.checkpoint, world);
  const std::string source = "checkpoint '" + settings.checkpoint + "'";
  training_ = trained_settings(checkpoint, source, declare_ncuts_options);
  if (settings.takes_trunk) {
    take_trunk(checkpoint, source);
    return;
  }
  if (training_.has_graph()) {
    graph_ = std::make_unique<GraphCutsNetwork>(training_, checkpoint.parameters, source,
                                                settings.augmentation, sharing_);
    return;
  }
  features_ = std::make_unique<NCutsFeatures>(training_, checkpoint.parameters, source);
  metric_ = metric_of_features(checkpoint, features_->dimensions(), source);
}

// Published weights name their network; a training of one's own, its trunk in [model].
void ContourSource::take_trunk(const Checkpoint& checkpoint, const std::string& source) {
  const auto trunks = trunk_names();
  auto& model = training_.model;
  if (std::find(trunks.begin(), trunks.end(), checkpoint.model) != trunks.end())
    model.trunk = checkpoint.model;
  if (!settings_.trunk.empty()) model.trunk = settings_.trunk;
  model.cut = settings_.cut;
  training_.augmentation.whole_side = settings_.trunk_side;
  features_ = std::make_unique<NCutsFeatures>(
      NCutsFeatures::of_trunk(training_, checkpoint.parameters, source));
}

BoundaryEvidence ContourSource::of(const SegmentedImage& image, const BoundaryQuestion& question) {
  if (graph_) return graph_->of(image, question);
  if (!question.spectrum) return {};
  if (!features_) return {contour_vectors(image, settings_.contour, sharing_), {}};
  const auto grid = features_->of(image);
  if (settings_.takes_trunk) require_not_negative(grid, image.name, settings_.cut);
  return {low_rank_spectrum(grid, metric(), settings_.eigenvectors), {}};
}

}  // namespace eigenprop
