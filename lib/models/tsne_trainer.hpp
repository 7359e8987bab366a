#pragma once

#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/point_dataset.hpp"
#include "graph/graph.hpp"
#include "objectives/neighbour_embedding.hpp"
#include "parallel/collectives.hpp"
#include "runtime/command_line.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {

struct TsneSettings {
  std::string kind = "tsne";           ///< or "ssne"
  std::string affinities = "nearest";  ///< or "exact"
  double perplexity = 30;
  std::int64_t dimensions = 2;
  std::string initial = "pca";  ///< or "random"
  std::int64_t iterations = 1000;
  double exaggeration = 12;
  std::int64_t exaggeration_iterations = 250;
  double rate = 0;  ///< 0: N / (4 exaggeration), of t-SNE 50 at least
  double early_momentum = 0.5;
  double momentum = 0.8;
  double tolerance = 1e-7;  ///< norm of the gradient times the gains that is enough
  std::int64_t seed = 1;
};

/// Declares all options: [model], [train].
void declare_tsne_options(CommandLine& line, TsneSettings& settings);

/// Throws ConfigurationError for settings that no data set makes right.
void check_tsne_settings(const TsneSettings& settings);

struct TsneStep {
  double divergence = NAN;  ///< KL(P‖Q) before the step, without exaggeration; each 50th step
  double gradient_norm = 0;
  bool stop_requested = false;
};

/// The points' places in the plane by t-SNE or symmetric SNE: gradient descent with momentum and a
/// gain for each coordinate, as van der Maaten and Hinton (JMLR 2008) and scikit-learn do it:
///
///     gain <- gain + 0.2 where velocity and gradient differ in sign, else 0.8 gain; 0.01 at least
///     velocity <- momentum velocity - rate gain gradient,    y <- y + velocity.
///
/// P is exaggerated at first; when that ends, velocities and gains start anew. The first places
/// have a deviation of 1e-4. A rank moves its own points. Places are the parameter "embedding"
/// (N, dimensions) of a graph without operations, so that checkpoints hold them and imports set
/// them.
class TsneTrainer {
 public:
  /// Reads the points and computes the affinities. Throws InputError where the perplexity does not
  /// fit the points, or there are fewer features than principal directions asked for. Collective
  /// over `comm`.
  TsneTrainer(const TsneSettings& settings, const PointDataset& data, const Communicator& comm);

  std::int64_t steps_done() const { return step_; }
  /// Those done, where the gradient vanishes.
  std::int64_t total_steps() const { return converged_ ? step_ : settings_.iterations; }
  std::int64_t steps_per_epoch() const { return 1; }

  /// Collective.
  TsneStep step(bool stop_requested);

  /// KL(P‖Q) of the present places. Collective.
  double divergence();

  /// Collective.
  Checkpoint checkpoint(const std::string& configuration) const;
  void restore(const Checkpoint& checkpoint, const std::string& path);

  Graph& graph() { return graph_; }
  /// Places of all points, (N, dimensions).
  std::vector<double> embedding() const;
  const Affinities& affinities() const { return objective_->affinities(); }
  double rate() const;

 private:
  std::vector<double> own_rows() const;
  void move(const std::vector<double>& rows, const std::vector<double>& gradient, double momentum,
            bool stop_requested, TsneStep& result);
  void set_principal_components(const std::vector<double>& features);

  TsneSettings settings_;
  std::string signature_;
  Communicator comm_;
  std::int64_t total_;
  Graph graph_;
  std::unique_ptr<NeighbourEmbedding> objective_;
  std::optional<AllGatherRows> gather_step_;
  std::vector<double> velocity_, gain_;  ///< of own points
  std::int64_t step_ = 0;
  bool converged_ = false;
};

}  // namespace eigenprop
