#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/segmentation_dataset.hpp"
#include "graph/graph.hpp"
#include "models/ncuts_options.hpp"

namespace eigenprop {

/// What the boundary map of a trained network is averaged over (test-time augmentation).
struct TestTimeAugmentation {
  std::vector<double> scales = {1};  ///< of the image, factors of its longer side
  bool flip = false;                 ///< at each scale also over its mirror image
};

/// Declares the keys "scales" and "flip".
void declare_test_time_augmentation(CommandLine& line, TestTimeAugmentation& augmentation);

/// Probabilities of a boundary, 0 .. 1.
struct BoundaryMaps {
  std::vector<float> pixels;  ///< of the image, row-major
  /// At the resolution of the features of the image at scale 1, (1, h, w, 1).
  Tensor<float> nodes;
};

/// The boundary map of an affinity graph with fixed parameters, without the graph's edges and
/// eigenvectors, for whole images of any size.
class BoundaryNetwork {
 public:
  /// Takes model, pixels and the longer side of images from `settings`. Throws InputError
  /// where the model has no boundary map, where `parameters` are those of another model, and where
  /// scales are missing or not positive; `source` names the parameters.
  BoundaryNetwork(const NCutsTrainingSettings& settings,
                  const std::map<std::string, AnyTensor>& parameters, const std::string& source,
                  TestTimeAugmentation augmentation = {});

  /// The averaged map; maps of other sizes are bilinear between their own pixels. Throws InputError
  /// that names the image where it is too small for the network, and NonFiniteError.
  BoundaryMaps of(const SegmentedImage& image);

 private:
  NCutsTrainingSettings settings_;
  Graph graph_;
  TestTimeAugmentation augmentation_;
};

}  // namespace eigenprop
