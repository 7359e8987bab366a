#pragma once

#include "objectives/average_precision.hpp"
#include "training/problem.hpp"
#include "training/segmentation_views.hpp"

namespace eigenprop {

/// The boundary map of an affinity graph against human boundaries, the first stage of its training:
/// class-balanced logistic loss (HED: Xie and Tu, ICCV 2015), where a pixel is a boundary to the
/// share of people who see one there, averaged over images. The parameters are those of the whole
/// graph (build_graph_cuts_network()), whose training by NCutsProblem can go on from here. Images
/// are the units of work; their views, annotators and dropout depend on (seed, epoch, image) alone,
/// and sums over images are taken in double.
///
/// Columns: on and off, mean probabilities on boundaries and beside them; average_precision over
/// the step's pixels. Table "test", every settings.score_epochs, of whole images: epoch, objective
/// and the same.
class BoundaryProblem : public Problem {
 public:
  /// `data` and `test`, which may be null, must outlive this. Throws InputError where settings and
  /// data do not fit.
  BoundaryProblem(const NCutsTrainingSettings& settings, const SegmentationDataset& data,
                  const SegmentationDataset* test, const Communicator& comm);

  ParameterSet& parameters() override { return graph_.parameters(); }
  std::int64_t size() const override { return data_.size(); }
  const PixelSettings* pixels() const override { return &settings_.pixels; }
  std::string signature() const override;
  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override;
  std::string score_table() const override { return "test"; }
  bool scores_at(const Moment& moment) const override;
  Score score(const Moment& moment, StopNotice* stop) override;

 private:
  struct Sums;

  /// Loads one view and computes; what goes wrong names the image.
  Execution& run(const SegmentationView& view, Mode mode, const RandomKey& key, Sums& sums);

  NCutsTrainingSettings settings_;
  const SegmentationDataset& data_;
  const SegmentationDataset* test_;
  SegmentationViews views_;
  Communicator comm_;
  Graph graph_;
};

}  // namespace eigenprop
