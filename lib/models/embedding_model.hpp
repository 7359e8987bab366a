#pragma once

#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "models/layer.hpp"
#include "optimization/solver_settings.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

/// A map from points to an embedding: layers in single precision, then a linear map Z = F Aᵀ in
/// double. Without layers it is the linear model of NCA and NCA regression.
struct EmbeddingModelSettings {
  std::string trunk = "none";  ///< see trunks.hpp
  std::string cut;             ///< last layer of the trunk that is kept; empty: all
  std::vector<Layer> layers;   ///< further layers (network.hpp)
  std::int64_t dimensions = 2;
  std::string initial = "random";  ///< or "pca": the leading principal directions, without layers
  double spread = 3;  ///< root of the mean squared distance of embedded points at first
};

/// How points enter the model.
struct PointInputSettings {
  std::string centre = "mean";  ///< or "none": subtract each feature's mean over the training set
  std::string scale = "deviation";  ///< or "none": divide by the root mean square over all features
};

struct EmbeddingSettings {
  std::string objective = "nca";  ///< or "ncar"
  std::string exclude = "none";   ///< or "class": points of one class are no neighbours
  std::int64_t unit = 100;        ///< points that go through the network at once
  std::int64_t score_steps = 0;   ///< steps or iterations between scores; 0: none
  std::int64_t score_neighbours = 3;
  /// Of sgd, the points of a batch are each other's neighbours; of cg and lmvm, all.
  SolverSettings solver = {"cg", 20, 500};
  PointInputSettings input;
  EmbeddingModelSettings model;
};

/// Declares all options: [model], [input], [train].
void declare_embedding_options(CommandLine& line, EmbeddingSettings& settings);

/// Throws ConfigurationError for settings that no data set makes right.
void check_embedding_settings(const EmbeddingSettings& settings);

/// The network for points of these extents. Input: points (n, ...), double without layers, else
/// float; output "embedding": double (n, dimensions). Throws InputError where layers do not fit.
Graph build_embedding(const EmbeddingSettings& settings, const Shape& extents);

/// Input of build_embedding's graph for n points.
TensorSpec embedding_input(const EmbeddingSettings& settings, const Shape& extents, std::int64_t n);

/// One line that identifies the model in checkpoints.
std::string embedding_signature(const EmbeddingSettings& settings, const Shape& extents);

}  // namespace eigenprop
