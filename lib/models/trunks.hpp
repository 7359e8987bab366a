#pragma once

#include <string>
#include <vector>

#include "models/layer.hpp"

namespace eigenprop {

/// Layers of a named trunk, up to and including layer `cut`;
/// an empty `cut` keeps all, of a trunk with a classifier its convolutional part.
///
/// - "alexnet": the convolutional part of torchvision's AlexNet (Krizhevsky, "One weird trick for
///   parallelizing convolutional neural networks", 2014): conv1 … conv5, relu1 … relu5, pool1 …
/// - "alexnet2012": the original with local response normalization and two groups
///   (Krizhevsky et al., NIPS 2012)
/// - "alexnet_bvlc": the same as Caffe trains it, for the weights of BVLC: responses are normalized
///   with k = 1, not 2
/// - "squeezenet": SqueezeNet 1.1 (Iandola et al., 2016): conv1, fire2 … fire9, each of the latter
///   with fireN_squeeze1x1, fireN_expand1x1, fireN_expand3x3; pool1, pool3, pool5. Cut at "pool10"
///   it ends with the scores of ImageNet's 1000 classes, (b, 1000): conv10, relu10, global average
/// - "vgg16": configuration D of Simonyan and Zisserman, 2014: conv1_1 … conv5_3
/// - "small": five scales, summed; two cores train it from scratch. It ends with the head's first
///   Conv-ReLU pair: use it with model.hidden = 0
/// - "small_normalized": the same with group normalization before every ReLU
///
/// Throws InputError for an unknown trunk or cut, with the possible ones.
std::vector<Layer> trunk_layers(const std::string& trunk, const std::string& cut);

/// Names of all trunks.
std::vector<std::string> trunk_names();

}  // namespace eigenprop
