#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "models/layer_text.hpp"

namespace eigenprop {

/// A value of a network together with its number of channels.
struct FeatureMap {
  Value value;
  std::int64_t channels = 0;
};

struct NetworkSettings {
  double rate_factor = 1;  ///< of all layers that do not set `rate` themselves
  double bias_rate = 1;    ///< further factor for biases
  double bias_decay = 0;   ///< decay factor of biases
};

/// Adds `layers` to `graph`, from the single-precision map `input` on. Returns every layer's
/// output by name. Layer types:
///
///     conv C K [stride= pad= dilation= groups= rate= std=]   pad: default keeps the size at stride
///     1 relu | dropout RATE | lrn [size= alpha= beta= k=] maxpool K [stride= pad= ceil=] resize
///     SCALE | resize from=map,like      bilinear; by a factor, or to the size of `like` concat
///     from=a,b,... | add from=a,b
///
/// Weights start from the normal distribution of He et al. (ICCV 2015), std = sqrt(2 / fan-in),
/// or with `std`; biases from zero. Parameters are called <layer>.weight and <layer>.bias.
/// Throws InputError that names the layer.
std::map<std::string, FeatureMap> add_layers(Graph& graph, const std::vector<LayerText>& layers,
                                             const FeatureMap& input,
                                             const NetworkSettings& settings = {});

}  // namespace eigenprop
