#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/point_dataset.hpp"
#include "models/dictionary_model.hpp"
#include "models/gradient_descent.hpp"
#include "optimization/batch_minimizer.hpp"

namespace eigenprop {

struct DictionaryStep {
  double objective = 0;       ///< mean over points, penalty included
  double reconstruction = 0;  ///< mean over points of ‖x̂ - x‖²
  double active = 0;          ///< share of codes that are not 0
  double gradient_norm = 0;
  double step_length = 0;       ///< of the line search; the learning rate of sgd
  std::int64_t unfinished = 0;  ///< sparse: points whose codes did not reach the tolerance
  std::int64_t replaced = 0;    ///< atoms that no point used, begun afresh
  bool stop_requested = false;
};

/// Learns a dictionary, filters or an autoencoder from points (dictionary_model.hpp). Ranks share
/// the points in whole units, so that no result depends on their number beyond the order of sums.
///
/// Atoms that no point of an epoch (sgd) or alternation (cg, lmvm) has used, those that have
/// collapsed to zero among them, begin afresh as random points.
class DictionaryTrainer {
 public:
  /// `data` must outlive the trainer. Throws InputError where all points are zero. Collective.
  DictionaryTrainer(const DictionarySettings& settings, const PointDataset& data,
                    const Communicator& comm);

  /// Steps of sgd, or iterations, or alternations.
  std::int64_t steps_done() const { return step_; }
  std::int64_t total_steps() const;
  std::int64_t steps_per_epoch() const;

  /// One step of sgd. Throws NonFiniteError that names the points where the objective is not
  /// finite. Collective.
  DictionaryStep step(bool stop_requested);

  /// The iterations or alternations of cg or lmvm from steps_done() on. `watch(step, at_restart)`
  /// is called after each, on every rank, and returns whether to go on. Collective.
  using Watch = std::function<bool(const DictionaryStep&, bool)>;
  BatchMinimizer::Outcome minimize(const Watch& watch);

  /// Scores of all points of `data` at the present weights, codes included. Collective.
  DictionaryStep evaluate(const PointDataset& data);

  Checkpoint checkpoint(const std::string& configuration) const;
  void restore(const Checkpoint& checkpoint, const std::string& path);
  Graph& graph() { return graph_; }

 private:
  struct Sums;
  using Points = std::vector<std::int64_t>;

  std::vector<Points> own_units(const Points& points) const;
  Execution& load(const PointDataset& data, const Points& unit);
  std::unique_ptr<const SparseCoder> coder();
  std::vector<double> search_codes(const SparseCoder* coder, Execution& execution, Sums& sums);
  std::vector<double> search_smooth_codes(Execution& execution);
  void forward(Execution& execution, const std::vector<double>& codes, const Points& unit,
               bool first, Sums& sums);
  DictionaryStep mean(Sums& sums, std::int64_t points);
  void add_penalty(Execution::Seeds& seeds, bool counts) const;
  void watch_usage(const std::vector<double>& codes, Sums& sums) const;
  std::int64_t replace_unused(std::uint32_t round);
  std::vector<double> random_atom(std::uint32_t round, std::int64_t atom) const;
  void set_first_atoms();
  void project();
  DictionaryStep evaluate_weights(const std::vector<Points>& units,
                                  const std::vector<std::vector<double>>& codes);
  BatchMinimizer::Outcome alternate(BatchMinimizer& minimizer, const std::vector<Points>& units,
                                    const Watch& watch);

  DictionarySettings settings_;
  const PointDataset& data_;
  Communicator comm_;
  std::int64_t features_;
  Graph graph_;
  GradientDescent descent_;
  GradientExchange exchange_;
  Tensor<double> usage_;  ///< squared codes of each atom since atoms were replaced last
  std::vector<double> groups_;
  std::vector<double> coded_;  ///< the dictionary that coder() refers to
  Points order_;               ///< of the present epoch
  std::int64_t step_ = 0;
};

}  // namespace eigenprop
