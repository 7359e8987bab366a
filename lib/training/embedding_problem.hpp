#pragma once

#include <vector>

#include "models/point_embedder.hpp"
#include "objectives/neighbour_softmax.hpp"
#include "training/problem.hpp"

namespace eigenprop {

/// An embedding by neighbourhood components analysis or regression: the objective divided by the
/// number of points of the batch, each other's neighbours. Ranks share the points: images go
/// through the network where they are, only embeddings travel.
///
/// Table "score", every settings.score_steps: errors of the nearest neighbours of every point among
/// the others.
class EmbeddingProblem : public Problem {
 public:
  /// `data` must outlive this. Throws InputError where the data lack the labels or targets that the
  /// objective needs. Collective over `comm`.
  EmbeddingProblem(const EmbeddingSettings& settings, const PointDataset& data,
                   const Communicator& comm);

  ParameterSet& parameters() override { return embedder_.graph().parameters(); }
  std::int64_t size() const override { return data_.size(); }
  std::string signature() const override { return embedding_signature(settings_, data_.extents()); }
  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override;
  std::string score_table() const override { return "score"; }
  bool scores_at(const Moment& moment) const override;
  Score score(const Moment& moment, StopNotice* stop) override;
  void save(Checkpoint& checkpoint) const override { embedder_.save(checkpoint); }
  void restore(const Checkpoint& checkpoint, const std::string& path) override {
    embedder_.restore(checkpoint, path);
  }

 private:
  std::vector<double> sides_of(const std::vector<std::int64_t>& points) const;
  void set_first_map();

  EmbeddingSettings settings_;
  const PointDataset& data_;
  Communicator comm_;
  PointEmbedder embedder_;
  PairCost cost_;
  std::vector<std::int64_t> own_;  ///< points of this rank in full batches
};

}  // namespace eigenprop
