#pragma once

#include "data/rank_group.hpp"
#include "data/segmentation_dataset.hpp"
#include "graph/execution.hpp"
#include "models/ncuts_options.hpp"
#include "training/problem.hpp"
#include "training/segmentation_views.hpp"

namespace eigenprop {

/// DeepNCuts: the alignment of normalized cuts' spaces with human segmentations, averaged over
/// images (matrix-backpropagation.txt, section 6). Images are the units of work; their views,
/// annotators and dropout depend on (seed, epoch, image) alone, and sums over images are taken in
/// double. Ranks form groups of about settings.ranks_per_image, which share the rows of an image's
/// matrix; each of them runs the network on the whole image.
///
/// Columns of the low-rank affinity: rank_w and rank_e, numerical ranks of W and of EEᵀ (mean over
/// an image's annotators), and bound_holds, the share of images with J < 1/2, where Lemma 2 equates
/// the ranks. Of the graph: rank_e; vectors, the k that are aligned; gap and least_gap, the mean
/// and least λ_k − λ_(k+1); products and adjoint_iterations, means over images; residual and
/// adjoint_residual, the largest.
class NCutsProblem : public Problem {
 public:
  /// `data` must outlive this. `metric_ridge`: of fit_metric(), which completes a training. Throws
  /// InputError where settings and data do not fit.
  NCutsProblem(const NCutsTrainingSettings& settings, const SegmentationDataset& data,
               double metric_ridge, const Communicator& comm);

  ParameterSet& parameters() override { return graph_.parameters(); }
  std::int64_t size() const override { return data_.size(); }
  const PixelSettings* pixels() const override { return &settings_.pixels; }
  std::string signature() const override;
  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override;

  bool completes() const override { return !settings_.has_graph(); }
  /// Λ, measured by fit_metric(), as the result "metric".
  void complete(Checkpoint& checkpoint, StopNotice* stop) override;

 private:
  struct Unit {
    AnyTensor image;    ///< float (1, h, w, c)
    AnyTensor labels;   ///< int32 (annotators, h' w')
    double weight = 1;  ///< of this image's objective
  };

  struct Sums;

  Graph build() const;
  Unit prepare(std::int64_t epoch, std::int64_t sample) const;
  Execution& run(const Unit& unit, std::int64_t epoch, std::int64_t sample, GradientSum* gradient,
                 bool last);

  NCutsTrainingSettings settings_;
  const SegmentationDataset& data_;
  SegmentationViews views_;
  double metric_ridge_;
  Communicator comm_;
  RankGroup group_;  ///< those who share an image
  std::shared_ptr<GraphCutsReport> report_ = std::make_shared<GraphCutsReport>();
  Graph graph_;
};

}  // namespace eigenprop
