#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "data/point_dataset.hpp"
#include "models/dictionary_objective.hpp"
#include "training/problem.hpp"

namespace eigenprop {

/// A dictionary, filters or an autoencoder learned from points (dictionary_model.hpp): the
/// objective as a mean over points, penalty included. Units of points are the units of work, so
/// that no result depends on ranks beyond the order of sums.
///
/// Atoms that no point of an epoch (sgd) or alternation (cg, lmvm) has used, those that have
/// collapsed to zero among them, begin afresh as random points.
///
/// Columns: reconstruction, the mean of ‖x̂ - x‖²; active, the share of codes that are not 0;
/// unfinished, the points whose codes did not reach the tolerance; replaced, the atoms that were
/// begun afresh. Table "validation", after every epoch or restart: the first three.
class DictionaryProblem : public Problem {
 public:
  /// `data` and `validation`, which may be null, must outlive this. Throws InputError where all
  /// points are zero, or points for validation have other features. Collective over `comm`.
  DictionaryProblem(const DictionarySettings& settings, const PointDataset& data,
                    const PointDataset* validation, const Communicator& comm);

  ParameterSet& parameters() override { return graph_.parameters(); }
  std::int64_t size() const override { return data_.size(); }
  std::string signature() const override { return dictionary_signature(settings_, features_); }
  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override;
  void stepped(const Batch& batch, const Moment& moment, Measures& measures) override;
  bool alternates() const override { return objective_->has_codes(); }
  std::map<std::string, double> search_unknowns(std::int64_t step, StopNotice* stop) override;
  void release_unknowns() override { kept_codes_.reset(); }
  std::string score_table() const override { return "validation"; }
  bool scores_at(const Moment& moment) const override { return validation_ && moment.ends_epoch; }
  Score score(const Moment& moment, StopNotice* stop) override;
  void save(Checkpoint& checkpoint) const override;
  void restore(const Checkpoint& checkpoint, const std::string& path) override;

 private:
  struct Sums;
  using Points = std::vector<std::int64_t>;

  std::vector<Points> own_units(const Points& points) const;
  Execution& load(const PointDataset& data, const Points& unit);
  void forward(const PointDataset& data, const Points& unit, Execution& execution,
               const Codes& codes, bool first, Sums& sums);
  Sums add_up(const PointDataset& data, const Points& points, GradientSum* gradient,
              StopNotice* stop);
  void replace_unused(std::uint32_t round, std::map<std::string, double>& columns);
  std::vector<double> random_atom(std::uint32_t round, std::int64_t atom) const;
  void set_first_atoms();
  void project();

  DictionarySettings settings_;
  std::unique_ptr<const DictionaryObjective> objective_;
  const PointDataset& data_;
  const PointDataset* validation_;
  Communicator comm_;
  std::int64_t features_;
  Graph graph_;
  Tensor<double> usage_;  ///< squared codes of each atom since atoms were replaced last
  std::vector<double> usage_of_step_;
  /// Of the own units of all points, during an alternation.
  std::optional<std::vector<Codes>> kept_codes_;
};

}  // namespace eigenprop
