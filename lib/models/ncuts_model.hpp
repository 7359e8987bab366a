#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cuts/ncuts_operation.hpp"
#include "graph/graph.hpp"
#include "models/layer.hpp"

namespace eigenprop {

/// Network of DeepNCuts: a trunk, the paper's head of two Conv-ReLU pairs with dropout between
/// (matrix-backpropagation.txt, section 7.2), and the alignment of the normalized cuts' spaces.
struct NCutsModelSettings {
  std::string trunk = "small";      ///< see trunks.hpp; "none": all layers stand in `layers`
  std::string cut;                  ///< last layer of the trunk that is kept; empty: all
  std::vector<Layer> layers;        ///< further layers between trunk and head (network.hpp)
  std::int64_t input_channels = 3;  ///< set from the pixel settings by who builds the model
  std::int64_t hidden = 256;        ///< filters of the head's first convolution
  std::int64_t hidden_kernel = 3;
  std::int64_t features = 20;  ///< columns of F, the largest possible rank of W
  std::int64_t features_kernel = 3;
  double features_bias = 0;  ///< first biases of the last convolution
  double dropout = 0.25;
  double trunk_rate = 1;  ///< factors of the learning rate
  double head_rate = 10;
  /// Whether W = FΛFᵀ has a trained Λ = LLᵀ, the parameter "metric_root" L (features, features),
  /// double, which starts as the identity (eq. 64).
  bool trains_metric = false;
  double metric_rate = 1;  ///< its factor of the learning rate
};

/// All layers, trunk to head. The last is called "features".
std::vector<Layer> ncuts_layers(const NCutsModelSettings& settings);

/// The network without its objective.
/// Input 0: images, float (batch, height, width, input_channels). Output "features": float
/// (batch, h, w, features), not negative.
Graph build_feature_network(const NCutsModelSettings& settings, std::uint32_t seed);

/// The trunk alone, up to `settings.cut`. Input and output as above, but the output "features" has
/// the channels of its last layer, and any sign.
Graph build_trunk(const NCutsModelSettings& settings, std::uint32_t seed);

/// The network with its objective, for one image at a time.
/// Input 0: image, float (1, height, width, input_channels); input 1: label maps at the resolution
/// of the features, int32 (annotators, h w); where objective.comm shares the image, of the own
/// lines (PixelGrid); of a regularized objective, input 2: ε, double (1). Outputs "features",
/// "objective": double (1), and "statistics" (see NormalizedCutsAlignment).
Graph build_ncuts_network(const NCutsModelSettings& settings,
                          const NormalizedCutsSettings& objective, std::uint32_t seed);

/// Shape (1, h, w, features) of F for an image (1, height, width, channels), for a graph of either
/// function above. Throws InputError where the image is smaller than the receptive field of a
/// layer, which is named.
Shape feature_shape(const Graph& graph, const Shape& image);

/// One line that identifies the model in checkpoints: its layers and input channels.
std::string model_signature(const NCutsModelSettings& settings);

}  // namespace eigenprop
