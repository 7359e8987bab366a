#pragma once

#include <vector>

#include "models/classification_model.hpp"
#include "training/problem.hpp"

namespace eigenprop {

/// A classifier: its loss, averaged over images. Units of images are the units of work; views,
/// dropout and order depend on (seed, epoch, image) alone, and sums over units are taken in double.
///
/// Column: error, the share of the step's images whose best guess was wrong. Table "test", after
/// every epoch: objective; error_top1 and error_top5, the shares of images whose class is not the
/// best guess, or not among the best five.
class ClassificationProblem : public Problem {
 public:
  /// `data` and `test`, which may be null, must outlive this. Throws InputError where they differ
  /// in classes or in the extents of samples, or do not fit the network. Collective over `comm`.
  ClassificationProblem(const ClassificationSettings& settings, const ClassificationSource& data,
                        const ClassificationSource* test, const Communicator& comm);

  ParameterSet& parameters() override { return graph_.parameters(); }
  std::int64_t size() const override { return data_.size(); }
  const PixelSettings* pixels() const override { return &settings_.pixels; }
  std::string signature() const override;
  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override;
  std::string score_table() const override { return "test"; }
  bool scores_at(const Moment& moment) const override { return test_ && moment.ends_epoch; }
  Score score(const Moment& moment, StopNotice* stop) override;

 private:
  struct Sums;
  Sums add_up(const ClassificationSource& data, const Batch& batch, Mode mode,
              GradientSum* gradient, StopNotice* stop);

  ClassificationSettings settings_;
  const ClassificationSource& data_;
  const ClassificationSource* test_;
  Shape extents_;  ///< of one sample at the network's input
  Communicator comm_;
  Graph graph_;
};

}  // namespace eigenprop
