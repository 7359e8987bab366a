#pragma once

#include <string>

#include "data/augmentation.hpp"
#include "data/normalization.hpp"
#include "models/graph_cuts_model.hpp"
#include "models/ncuts_model.hpp"
#include "optimization/solver_settings.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

struct NCutsTrainingSettings {
  std::string annotators = "average";  ///< or "sample": one human segmentation, drawn each time
  std::string weighting = "segments";  ///< or "none": divide an image's objective by its segments
  /// Objective: j1 (eq. 50) or j2 (eq. 59); or "boundary": a graph's boundary map against people's.
  std::string kind = "j2";
  std::string projector = "exact";  ///< of the low-rank affinity; or "regularized": J_ε
  double epsilon = 0.1;             ///< of the first epoch, for J_ε
  double epsilon_final = 0.1;       ///< of the last one; the way between is geometric
  std::string metric = "fitted";    ///< Λ: measured after the training; or "trained" with it
  double boundary_radius = 0;  ///< pixels of the map by which people's boundaries are thickened
  SolverSettings solver = {"sgd", 20, 4};
  AugmentationSettings augmentation;
  PixelSettings pixels;
  NCutsModelSettings model;
  NormalizedCutsSettings objective;   ///< its kind is set from `kind`
  std::string affinity = "low_rank";  ///< W = FΛFᵀ; or "graph": weights of edges between pixels
  GraphAffinitySettings graph;
  std::int64_t score_epochs = 1;     ///< epochs from one score on test images to the next
  std::int64_t ranks_per_image = 1;  ///< that share the rows of one image's matrix

  bool has_graph() const { return affinity == "graph"; }
  bool learns_boundaries() const { return kind == "boundary"; }
  bool is_regularized() const { return projector == "regularized"; }

  /// ε of the regularized projector in an epoch 0, 1, ...
  double epsilon_of(std::int64_t epoch) const;
};

/// What the low-rank affinity is aligned by. Throws InputError for an unknown kind.
NormalizedCutsSettings alignment_of(const NCutsTrainingSettings& settings);

/// The model with the channels that its pixels have, and the metric that is trained.
NCutsModelSettings complete_model(const NCutsTrainingSettings& settings);

/// Declares the keys of training, model, objective, data views and pixels. The drivers that use a
/// trained model declare the same keys and take their values from its checkpoint.
void declare_ncuts_options(CommandLine& line, NCutsTrainingSettings& settings);

/// Checks what single keys cannot show, after parsing. Throws ConfigurationError.
void check_ncuts_settings(const NCutsTrainingSettings& settings);

}  // namespace eigenprop
