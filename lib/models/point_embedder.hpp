#pragma once

#include <string>
#include <vector>

#include "data/point_dataset.hpp"
#include "graph/execution.hpp"
#include "models/embedding_model.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {

/// The embedding of points by a network with given parameters, and the normalization of its inputs.
class PointEmbedder {
 public:
  /// For points of these extents. Parameters have their first values.
  PointEmbedder(const EmbeddingSettings& settings, const Shape& extents);

  /// Measures centre and scale of the inputs over all points of `data`. Collective over `comm`.
  void measure_inputs(const PointDataset& data, const Communicator& comm);

  /// Own rows' embedding, (rows, dimensions): of these points of `data`, a unit at a time. Throws
  /// InputError where they have other extents, NonFiniteError that names the points.
  std::vector<double> embed(const PointDataset& data, const std::vector<std::int64_t>& points);

  /// Forward pass of up to `unit` points, with everything kept for a backward pass.
  Execution& forward(const PointDataset& data, const std::vector<std::int64_t>& points,
                     const RandomKey& key, Mode mode);

  Graph& graph() { return graph_; }
  std::int64_t dimensions() const { return settings_.model.dimensions; }
  /// Runs of at most `unit` of these points.
  std::vector<std::vector<std::int64_t>> units(const std::vector<std::int64_t>& points) const;

  /// Normalization to a checkpoint and back; restore() throws InputError where it is missing.
  void save(Checkpoint& checkpoint) const;
  void restore(const Checkpoint& checkpoint, const std::string& path);

 private:
  EmbeddingSettings settings_;
  Shape extents_;
  Graph graph_;
  std::vector<double> centre_;
  double scale_ = 1;
};

}  // namespace eigenprop
