#include "models/ncuts_options.hpp"

#include "models/layer.hpp"
#include "models/trunks.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

void declare_model(CommandLine& line, NCutsModelSettings& m) {
  auto trunks = trunk_names();
  trunks.push_back("none");
  line.choice("model.trunk", m.trunk, trunks, "Named trunk, or none: all layers in model.layers");
  line.option("model.cut", m.cut, "Last layer of the trunk that is kept, like relu5; empty: all");
  declare_layers(line, "model.layers", m.layers,
                 "Layers between trunk and head, \"name: type ... key=value\" each");
  line.option("model.hidden", m.hidden,
              "Filters of the head's first convolution; 0: the trunk ends with it");
  line.option("model.hidden_kernel", m.hidden_kernel, "Its kernel size");
  line.option("model.features", m.features, "Columns d of F: the largest rank of W");
  line.option("model.features_kernel", m.features_kernel, "Kernel size of the last convolution");
  line.option("model.features_bias", m.features_bias, "First biases of the last convolution");
  line.option("model.dropout", m.dropout, "Dropout between the head's convolutions");
  line.option("model.trunk_rate", m.trunk_rate, "Factor of the learning rate below the head");
  line.option("model.head_rate", m.head_rate, "Factor of the learning rate of the head");
}

void declare_pixels(CommandLine& line, PixelSettings& p) {
  line.choice("pixels.space", p.space, {"lab", "rgb", "bgr"}, "Colour space of the input");
  line.option("pixels.mean", p.mean, "Means that are subtracted, three");
  line.option("pixels.deviation", p.deviation, "Deviations that are divided by, three");
  line.option("pixels.position", p.position, "Append x and y as channels");
}

void check_boundary_settings(const NCutsTrainingSettings& s) {
  require(s.has_graph() && s.graph.weights != "features",
          "objective.kind = \"boundary\" trains the boundary map of cuts.affinity = \"graph\" with "
          "cuts.weights = \"contour\" or \"both\"");
  require(s.boundary_radius >= 0 && s.boundary_radius <= 16,
          "objective.boundary_radius must lie in 0 .. 16");
  require(s.ranks_per_image == 1,
          "objective.kind = \"boundary\" has no matrix whose rows ranks could share: set "
          "train.ranks_per_image = 1");
}

}  // namespace

NCutsModelSettings complete_model(const NCutsTrainingSettings& settings) {
  auto model = settings.model;
  model.input_channels = input_channels(settings.pixels);
  return model;
}

void declare_ncuts_options(CommandLine& line, NCutsTrainingSettings& s) {
  declare_model(line, s.model);
  declare_pixels(line, s.pixels);
  line.option("view.long_side", s.augmentation.long_side,
              "Pixels of the longer side of what enters the network");
  line.option("view.short_side", s.augmentation.short_side, "And of the shorter side, in training");
  line.option("view.smallest_crop", s.augmentation.smallest_crop,
              "Smallest crop, as a fraction of the image's sides");
  line.option("view.largest_crop", s.augmentation.largest_crop, "Largest crop");
  line.option("view.flip", s.augmentation.flip, "Mirror half of the views");
  line.option("view.rotation", s.augmentation.rotation,
              "Largest angle by which views are turned, degrees; 0: none");
  line.option("view.colour", s.augmentation.colour,
              "Largest relative change of brightness, contrast and saturation; 0: none");
  line.option("view.whole_side", s.augmentation.whole_side,
              "Pixels of the longer side of whole images, when training is over; 0: long_side");
  line.choice("train.annotators", s.annotators, {"average", "sample"},
              "All human segmentations at once, or one drawn each time");
  line.choice("train.weighting", s.weighting, {"segments", "none"},
              "Divide an image's objective by its number of segments, or not");
  line.option(
      "train.ranks_per_image", s.ranks_per_image,
      "Ranks that share the rows of one image's matrix; images are spread over such groups");
  line.option("train.score_epochs", s.score_epochs,
              "Epochs from one score on the images of --test to the next");
  declare_solver_options(line, s.solver);
  line.choice("cuts.affinity", s.affinity, {"low_rank", "graph"},
              "low_rank: W = F F^T; graph: weights of edges between near pixels, whose leading "
              "eigenvectors are aligned (j1)");
  declare_graph_affinity(line, s.graph);
  line.choice("objective.kind", s.kind, {"j1", "j2", "boundary"},
              "Align the range of W (j2), or of its normalized form M (j1); boundary: train the "
              "boundary map of a graph alone, against human boundaries");
  line.option("objective.boundary_radius", s.boundary_radius,
              "boundary: pixels of the map by which human boundaries are thickened");
  line.option("objective.rank_tolerance", s.objective.rank.tolerance,
              "Singular values of F up to this share of the largest count as zero");
  line.option("objective.gram_condition", s.objective.rank.gram_condition,
              "Condition number up to which the Gram matrix is used, beyond it a QR decomposition");
}

void check_ncuts_settings(const NCutsTrainingSettings& s) {
  try {
    connected(ncuts_layers(s.model));
    check_solver_settings(s.solver);
    require(s.ranks_per_image > 0, "train.ranks_per_image must be positive");
    require(s.score_epochs > 0, "train.score_epochs must be positive");
    require(s.augmentation.whole_side >= 0, "view.whole_side must not be negative");
    check_graph_affinity(s.graph);
    require(!s.has_graph() || s.kind != "j2",
            "cuts.affinity = \"graph\" has the objective j1: set objective.kind = \"j1\" (or "
            "\"boundary\", for the first stage)");
    if (s.learns_boundaries()) check_boundary_settings(s);
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

}  // namespace eigenprop
