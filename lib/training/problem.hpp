#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "data/normalization.hpp"
#include "graph/parameter.hpp"
#include "parallel/stop_notice.hpp"
#include "storage/checkpoint.hpp"
#include "training/gradient_sum.hpp"

namespace eigenprop {

/// Samples that a step looks at, the same on all ranks.
struct Batch {
  std::int64_t epoch = 0;             ///< of the random views and dropout masks
  std::int64_t first = 0;             ///< place of the first sample in the order of the epoch
  std::vector<std::int64_t> samples;  ///< numbers of samples, over all ranks
};

/// What an evaluation tells, averaged over the samples of all ranks.
struct Measures {
  double objective = 0;
  std::map<std::string, double> columns = {};  ///< further ones, for the table "train"
  std::string note = {};                       ///< for the progress bar
  double gradient_scale = 1;  ///< gradient of the objective over the sum that was accumulated
};

/// Where a training stands after a step.
struct Moment {
  std::int64_t step = 0;
  double epoch = 0;
  bool ends_epoch = false;  ///< of batches; of a minimization over all samples, at restarts
  bool restart = false;     ///< the moment for a checkpoint, of solvers that have few of them
};

/// Scores on other data: a row of a table of the run file, without its step.
struct Score {
  std::map<std::string, double> row;
  std::string text;  ///< for the log; may be empty
};

/// Thrown on all ranks where one of them was asked to stop within an evaluation, whose results are
/// void then. Parameters are as before.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped on request"; }
};

/// What is trained: parameters, and an objective over samples with its gradient. A problem says
/// what a step computes and reports; how the steps go down is the solver's business (solver.hpp).
///
/// Ranks share the samples of a batch in units of work. Between units they ask `stop`, where given,
/// and then throw Interrupted together, behind the sums over ranks that an evaluation ends with.
class Problem {
 public:
  virtual ~Problem() = default;

  virtual ParameterSet& parameters() = 0;

  /// Samples in all.
  virtual std::int64_t size() const = 0;

  /// How pixels become the input of the network; null where samples are no images.
  virtual const PixelSettings* pixels() const { return nullptr; }

  /// One line that identifies the model in checkpoints.
  virtual std::string signature() const = 0;

  /// The objective over the samples of `batch`; adds the gradients of this rank's units to
  /// `gradient` where it is not null. Throws NonFiniteError that names sample and layer.
  /// Collective.
  virtual Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) = 0;

  /// Called after the parameters have moved along the gradient over `batch`; may add to what is
  /// reported of the step. Collective.
  virtual void stepped(const Batch&, const Moment&, Measures&) {}

  /// Whether the objective has unknowns beside the parameters that are searched for, and then kept
  /// while the parameters move (alternation.hpp).
  virtual bool alternates() const { return false; }

  /// Searches them for all samples. Until release(), evaluate() takes them as they are. What it
  /// returns joins the report of the step. Collective.
  virtual std::map<std::string, double> search_unknowns(std::int64_t /*step*/, StopNotice*) {
    return {};
  }
  virtual void release_unknowns() {}

  /// The table of the run file that score() fills; empty where there are no scores.
  virtual std::string score_table() const { return ""; }
  /// Whether score() is due at this moment, after the first step.
  virtual bool scores_at(const Moment&) const { return false; }
  /// Collective.
  virtual Score score(const Moment&, StopNotice*) { return {}; }

  /// Whether complete() adds to the last checkpoint what is computed from the parameters.
  virtual bool completes() const { return false; }
  /// Collective.
  virtual void complete(Checkpoint&, StopNotice*) {}

  /// State beside the parameters, to a checkpoint and back. restore() throws InputError where it is
  /// of another problem; `what` names it.
  virtual void save(Checkpoint&) const {}
  virtual void restore(const Checkpoint&, const std::string& /*path*/) {}
};

/// All samples of a problem as one batch.
Batch all_samples(const Problem& problem);

}  // namespace eigenprop
