#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/point_dataset.hpp"
#include "models/tsne_options.hpp"
#include "objectives/neighbour_embedding.hpp"
#include "training/problem.hpp"

namespace eigenprop {

/// The points' places in the plane by t-SNE or symmetric SNE: the divergence KL(P‖Q) of the
/// neighbourhoods, over all pairs. Places are the only parameter, "embedding" (N, dimensions), so
/// that checkpoints hold them and imports set them. The first places have a deviation of 1e-4.
/// Ranks share the rows.
class TsneProblem : public Problem {
 public:
  /// Reads the points and computes the affinities. Throws InputError where the perplexity does not
  /// fit the points, or there are fewer features than principal directions asked for, and
  /// Interrupted, on all ranks, where `stop` was heard meanwhile. Collective over `comm`.
  TsneProblem(const TsneSettings& settings, const PointDataset& data, const Communicator& comm,
              StopNotice* stop = nullptr);

  ParameterSet& parameters() override { return parameters_; }
  std::int64_t size() const override { return total_; }
  std::string signature() const override;

  /// The batch must be all points.
  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override;
  void restore(const Checkpoint& checkpoint, const std::string& path) override;

  /// Places of all points, (N, dimensions), and of the own ones.
  std::vector<double> places() const;
  std::vector<double> own_places() const;
  void set_places(const std::vector<double>& all);

  NeighbourEmbedding& objective() { return *objective_; }
  const Affinities& affinities() const { return objective_->affinities(); }
  std::int64_t dimensions() const { return settings_.dimensions; }

 private:
  void set_principal_components(const std::vector<double>& features);

  TsneSettings settings_;
  Communicator comm_;
  std::int64_t total_;
  ParameterSet parameters_;
  std::unique_ptr<NeighbourEmbedding> objective_;
};

}  // namespace eigenprop
