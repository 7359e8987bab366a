#pragma once

#include <string>
#include <vector>

#include "data/augmentation.hpp"
#include "data/normalization.hpp"
#include "data/segmentation_dataset.hpp"
#include "graph/execution.hpp"
#include "models/gradient_descent.hpp"
#include "models/ncuts_model.hpp"

namespace eigenprop {

struct NCutsTrainingSettings {
  std::int64_t epochs = 20;
  std::int64_t batch = 4;              ///< images of a step, over all ranks
  std::string annotators = "average";  ///< or "sample": one human segmentation, drawn each time
  std::string weighting = "segments";  ///< or "none": divide an image's objective by its segments
  std::string kind = "j2";             ///< objective: j1 (eq. 50) or j2 (eq. 59)
  std::int64_t seed = 1;
  MomentumSgdSettings optimizer;
  ScheduleSettings schedule;
  AugmentationSettings augmentation;
  PixelSettings pixels;
  NCutsModelSettings model;
  NormalizedCutsSettings objective;  ///< its kind is set from `kind`
};

/// What happened in one optimization step, averaged over the images of the global batch.
struct NCutsStep {
  double objective = 0;    ///< J
  double rank_w = 0;       ///< numerical rank of W
  double rank_e = 0;       ///< rank of EEᵀ, the mean over an image's annotators
  double bound_holds = 0;  ///< share of images with J < 1/2, where Lemma 2 equates the ranks
  double gradient_norm = 0;
  double learning_rate = 0;
  bool stop_requested = false;  ///< on any rank
};

/// Data-parallel training of DeepNCuts. The images of a step are spread over the ranks of `comm`;
/// views, annotators, dropout and order depend on (seed, epoch, image) alone, and sums over images
/// are taken in double, so that the losses do not depend on the number of ranks.
class NCutsTrainer {
 public:
  /// `data` must outlive the trainer. Throws InputError where settings and data do not fit.
  /// Collective over `comm`.
  NCutsTrainer(const NCutsTrainingSettings& settings, const SegmentationDataset& data,
               const Communicator& comm);

  std::int64_t steps_per_epoch() const;
  std::int64_t total_steps() const { return steps_per_epoch() * settings_.epochs; }
  std::int64_t steps_done() const { return step_; }

  /// One optimization step. `stop_requested` of this rank reaches all ranks. Throws
  /// NonFiniteError that names the first layer whose output is not finite. Collective.
  NCutsStep step(bool stop_requested);

  /// Parameters and velocities; shares memory with the trainer.
  Checkpoint checkpoint(const std::string& configuration) const;

  /// Continues from a checkpoint. Throws InputError where it is of another model.
  void restore(const Checkpoint& checkpoint, const std::string& path);

  Graph& graph() { return graph_; }

 private:
  struct Unit {
    AnyTensor image;    ///< float (1, h, w, c)
    AnyTensor labels;   ///< int32 (annotators, h' w')
    double weight = 1;  ///< of this image's objective
  };

  Unit prepare(std::int64_t epoch, std::int64_t sample) const;
  // Forward and backward; with `last`, gradients may travel.
  Execution& run(const Unit& unit, std::int64_t epoch, std::int64_t sample, bool last);

  NCutsTrainingSettings settings_;
  const SegmentationDataset& data_;
  Communicator comm_;
  Graph graph_;
  GradientDescent descent_;
  std::int64_t step_ = 0;
};

}  // namespace eigenprop
