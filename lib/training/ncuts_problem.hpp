#pragma once

#include "data/rank_group.hpp"
#include "data/segmentation_dataset.hpp"
#include "graph/execution.hpp"
#include "models/ncuts_inference.hpp"
#include "training/problem.hpp"
#include "training/segmentation_views.hpp"

namespace eigenprop {

/// What a training is scored on.
struct NCutsScoring {
  const SegmentationDataset* test = nullptr;  ///< null: it is not
  SegmenterSettings segmenter = {};
};

/// DeepNCuts: the alignment of normalized cuts' spaces with human segmentations, averaged over
/// images (matrix-backpropagation.txt, section 6). Images are the units of work; their views,
/// annotators and dropout depend on (seed, epoch, image) alone, and sums over images are taken in
/// double. Ranks form groups of about settings.ranks_per_image, which share the rows of an image's
/// matrix; each of them runs the network on the whole image.
///
/// Columns of the low-rank affinity: rank_w and rank_e, numerical ranks of W and of EEᵀ (mean over
/// an image's annotators), and bound_holds, the share of images with J < 1/2, where Lemma 2 equates
/// the ranks. With the regularized projector also epsilon, effective_rank, tr Π_ε, and
/// projector_objective, the J of Lemma 2, of the singular vectors above ε σ₁, which rank_w counts.
/// Of the graph: rank_e; vectors, the k that are aligned; gap and least_gap, the mean
/// and least λ_k − λ_(k+1); products and adjoint_iterations, means over images; residual and
/// adjoint_residual, the largest.
///
/// Table "test" of the low-rank affinity, every settings.score_epochs, of whole images: the same
/// columns with epoch, and the covering of the segmentations that segment would make now:
/// covering_best and covering_average in the reading of the paper's Table 2; with the regularized
/// projector also those of the one segmentation that takes its number of segments from the
/// effective rank, rank_covering_best and rank_covering_average, and that number, segments.
class NCutsProblem : public Problem {
 public:
  /// `data`, and what `scoring` points to, must outlive this. `metric_ridge`: of fit_metric(),
  /// which completes a training. Throws InputError where settings and data do not fit.
  NCutsProblem(const NCutsTrainingSettings& settings, const SegmentationDataset& data,
               const NCutsScoring& scoring, double metric_ridge, const Communicator& comm);

  ParameterSet& parameters() override { return graph_.parameters(); }
  std::int64_t size() const override { return data_.size(); }
  const PixelSettings* pixels() const override { return &settings_.pixels; }
  std::string signature() const override;
  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override;

  std::string score_table() const override { return scoring_.test ? "test" : ""; }
  bool scores_at(const Moment& moment) const override;
  Score score(const Moment& moment, StopNotice* stop) override;

  bool completes() const override { return !settings_.has_graph(); }
  /// Λ, trained, or measured by fit_metric(), as the result "metric".
  void complete(Checkpoint& checkpoint, StopNotice* stop) override;

 private:
  struct Unit {
    AnyTensor image;    ///< float (1, h, w, c)
    AnyTensor labels;   ///< int32 (annotators, h' w')
    double weight = 1;  ///< of this image's objective
  };

  struct Sums;

  Graph build() const;
  /// Whether one of the ranks that share an image has been asked to stop. Collective over them.
  bool group_hears(StopNotice* stop) const;
  Unit prepare(const SegmentationView& view) const;
  /// The execution with its forward pass done.
  Execution& run(const Unit& unit, Mode mode, std::int64_t epoch, const RandomKey& key);
  void add_statistics(const Unit& unit, const Execution& execution, Sums& sums) const;
  std::map<std::string, double> columns(const Sums& sums, double images, std::int64_t epoch) const;
  void score_segmentations(std::int64_t image, NCutsFeatures& features,
                           const std::vector<double>& lambda, double effective_rank,
                           Sums& sums) const;
  /// Empty where `stop` asks for an end.
  std::vector<double> metric(NCutsFeatures& features, StopNotice* stop);

  NCutsTrainingSettings settings_;
  const SegmentationDataset& data_;
  SegmentationViews views_;
  NCutsScoring scoring_;
  double metric_ridge_;
  Communicator comm_;
  RankGroup group_;  ///< those who share an image
  std::shared_ptr<GraphCutsReport> report_ = std::make_shared<GraphCutsReport>();
  std::shared_ptr<AlignmentReport> alignment_ = std::make_shared<AlignmentReport>();
  Graph graph_;
};

}  // namespace eigenprop
