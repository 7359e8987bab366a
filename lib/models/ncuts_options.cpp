#include "models/ncuts_options.hpp"

#include <algorithm>
#include <cmath>

#include "models/layer.hpp"
#include "models/trunks.hpp"
#include "runtime/error.hpp"
#include "runtime/numbers.hpp"

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

void check_model(const NCutsTrainingSettings& s) {
  const auto& m = s.model;
  const auto& rank = s.objective.rank;
  require(m.trunk_rate >= 0 && m.head_rate >= 0,
          "model.trunk_rate and model.head_rate must not be negative");
  require(m.metric_rate >= 0, "cuts.metric_rate must not be negative");
  require(rank.tolerance >= 0 && rank.tolerance < 1, "objective.rank_tolerance must lie in [0, 1)");
  require(rank.gram_condition >= 1, "objective.gram_condition must be at least 1");
}

void check_view(const AugmentationSettings& view) {
  constexpr std::int64_t most = 65536;
  require(view.long_side > 0 && view.long_side <= most && view.short_side > 0 &&
              view.short_side <= most,
          "view.long_side and view.short_side must lie between 1 and 65536");
  require(view.whole_side >= 0 && view.whole_side <= most,
          "view.whole_side must lie between 1 and 65536, or be 0");
  require(
      view.smallest_crop > 0 && view.smallest_crop <= view.largest_crop && view.largest_crop <= 1,
      "view.smallest_crop and view.largest_crop must lie in (0, 1], and not fall");
}

void check_boundary_settings(const NCutsTrainingSettings& s) {
  require(s.has_graph() && s.graph.has_contour(),
          "objective.kind = \"boundary\" trains the boundary map of cuts.affinity = \"graph\" with "
          "cuts.weights = \"contour\" or \"both\"");
  require(s.boundary_radius >= 0 && s.boundary_radius <= 16,
          "objective.boundary_radius must lie in 0 .. 16");
  require(s.ranks_per_image == 1,
          "objective.kind = \"boundary\" has no matrix whose rows ranks could share: set "
          "train.ranks_per_image = 1");
}

void check_positive(const std::string& key, double value) {
  require(value > 0, key + " must be positive, not " + number_text(value) +
                         "; objective.projector = \"exact\" is its limit 0");
}

void check_projector(const NCutsTrainingSettings& s) {
  check_positive("objective.epsilon", s.epsilon);
  check_positive("objective.epsilon_final", s.epsilon_final);
  const bool low_rank = !s.has_graph();
  require(low_rank || !s.is_regularized(),
          "objective.projector = \"regularized\" needs cuts.affinity = \"low_rank\"");
  require(!s.is_regularized() || s.solver.by_batches() || s.epsilon == s.epsilon_final,
          "objective.epsilon_final must be objective.epsilon where train.method = \"" +
              s.solver.method + "\" has no epochs");
  if (s.metric != "trained") return;
  require(low_rank, "cuts.metric = \"trained\" needs cuts.affinity = \"low_rank\"");
  require(s.kind == "j1" || s.is_regularized(),
          "cuts.metric = \"trained\": J2 does not depend on it (its derivative is zero, after eq. "
          "65); set objective.kind = \"j1\" or objective.projector = \"regularized\"");
}

}  // namespace

double NCutsTrainingSettings::epsilon_of(std::int64_t epoch) const {
  if (solver.epochs <= 1) return epsilon_final;
  const double share = static_cast<double>(epoch) / static_cast<double>(solver.epochs - 1);
  return epsilon * std::pow(epsilon_final / epsilon, std::min(share, 1.0));
}

NormalizedCutsSettings alignment_of(const NCutsTrainingSettings& settings) {
  require(settings.kind == "j1" || settings.kind == "j2",
          "objective '" + settings.kind + "' is neither j1 nor j2");
  auto objective = settings.objective;
  objective.objective = settings.kind == "j1" ? AlignmentObjective::j1 : AlignmentObjective::j2;
  objective.regularized = settings.is_regularized();
  return objective;
}

NCutsModelSettings complete_model(const NCutsTrainingSettings& settings) {
  auto model = settings.model;
  model.input_channels = input_channels(settings.pixels);
  model.trains_metric = settings.metric == "trained";
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
  line.choice("cuts.metric", s.metric, {"fitted", "trained"},
              "low_rank: the matrix L of W = F L F^T is the inverse scatter within segments after "
              "the training, or trained with the network");
  line.option("cuts.metric_rate", s.model.metric_rate,
              "trained: factor of the learning rate of its root");
  declare_graph_affinity(line, s.graph);
  line.choice("objective.kind", s.kind, {"j1", "j2", "boundary"},
              "Align the range of W (j2), or of its normalized form M (j1); boundary: train the "
              "boundary map of a graph alone, against human boundaries");
  line.choice("objective.projector", s.projector, {"exact", "regularized"},
              "Projectors of j1 and j2 for W = F F^T, or F(F'F + e^2 I)^-1 F', e relative to the "
              "largest singular value, whose rank can fall");
  line.option("objective.epsilon", s.epsilon, "regularized: e in the first epoch");
  line.option("objective.epsilon_final", s.epsilon_final,
              "regularized: e in the last epoch; the way between is geometric");
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
    check_model(s);
    check_view(s.augmentation);
    require(s.ranks_per_image > 0, "train.ranks_per_image must be positive");
    require(s.score_epochs > 0, "train.score_epochs must be positive");
    check_graph_affinity(s.graph);
    require(!s.has_graph() || s.kind != "j2",
            "cuts.affinity = \"graph\" has the objective j1: set objective.kind = \"j1\" (or "
            "\"boundary\", for the first stage)");
    if (s.learns_boundaries()) check_boundary_settings(s);
    check_projector(s);
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

}  // namespace eigenprop
