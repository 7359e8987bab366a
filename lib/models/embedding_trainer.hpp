#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/embedding_scores.hpp"
#include "models/point_embedder.hpp"
#include "objectives/neighbour_softmax.hpp"

namespace eigenprop {

struct EmbeddingStep {
  double objective = 0;  ///< mean over points
  double gradient_norm = 0;
  double step_length = 0;  ///< of the line search; the learning rate of sgd
  bool stop_requested = false;
};

/// Trains an embedding by neighbourhood components analysis or regression. Ranks share the points:
/// images go through the network where they are, only embeddings travel. The objective is divided
/// by the number of points.
class EmbeddingTrainer {
 public:
  /// `data` must outlive the trainer. Throws InputError where the data lack the labels or targets
  /// that the objective needs. Collective over `comm`.
  EmbeddingTrainer(const EmbeddingSettings& settings, const PointDataset& data,
                   const Communicator& comm);

  /// Steps of sgd, or iterations.
  std::int64_t steps_done() const { return step_; }
  std::int64_t total_steps() const;
  std::int64_t steps_per_epoch() const;

  /// One step of sgd. Collective.
  EmbeddingStep step(bool stop_requested);

  /// The iterations of cg or lmvm from steps_done() on. `watch(step, at_restart)` is called after
  /// each, on every rank, and returns whether to go on. Collective.
  BatchMinimizer::Outcome minimize(const std::function<bool(const EmbeddingStep&, bool)>& watch);

  /// Objective of all points, divided by their number; with `gradient` also the parameters'
  /// adjoints, summed over ranks. Collective.
  double evaluate(bool gradient);

  /// Errors of the nearest neighbours of every point among the others. Collective.
  EmbeddingScore score();

  Checkpoint checkpoint(const std::string& configuration) const;
  void restore(const Checkpoint& checkpoint, const std::string& path);
  Graph& graph() { return embedder_.graph(); }

 private:
  double objective_of(
      const std::vector<std::int64_t>& own, const RandomKey& key,
      const std::function<void(Execution&, const Execution::Seeds&, bool)>& backward);
  std::vector<double> sides_of(const std::vector<std::int64_t>& points) const;
  void set_first_map();

  EmbeddingSettings settings_;
  const PointDataset& data_;
  Communicator comm_;
  PointEmbedder embedder_;
  GradientDescent descent_;
  GradientExchange exchange_;
  PairCost cost_;
  std::vector<std::int64_t> own_;  ///< points of this rank in full batches
  std::int64_t step_ = 0;
};

}  // namespace eigenprop
