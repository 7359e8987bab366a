#pragma once

#include <vector>

#include "data/segmentation_dataset.hpp"
#include "graph/graph.hpp"
#include "models/ncuts_options.hpp"

namespace eigenprop {

/// An image as it enters the network, and people's segmentations of it at the resolution of the
/// features.
struct SegmentationView {
  Tensor<float> image;         ///< (1, height, width, channels)
  std::vector<LabelMap> maps;  ///< of h x w pixels each
};

/// Views of the images of a data set, for all trainings on segmentations.
class SegmentationViews {
 public:
  /// `data` must outlive this. Throws InputError where an image has no segmentation.
  SegmentationViews(const NCutsTrainingSettings& settings, const SegmentationDataset& data);

  /// A random view, which depends on (seed, epoch, sample) alone, with all people's segmentations
  /// or with one that is drawn. `graph`: a network with the output "features".
  SegmentationView random(const Graph& graph, std::int64_t epoch, std::int64_t sample) const;

  /// The whole image, as a trained network sees it, with all segmentations.
  SegmentationView whole(const Graph& graph, std::int64_t sample) const;

 private:
  NCutsTrainingSettings settings_;
  const SegmentationDataset& data_;
};

}  // namespace eigenprop
