#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "models/layer.hpp"

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
///     conv C K [stride= pad= dilation= groups= connections= rate= std= bias=]
///                                       pad: by default keeps the size at stride 1; connections:
///                                       each output map sees so many random maps of its group
///     dense N [rate= std= bias=]        rows of channels, (b, c) or (b, h, w, c)
///     relu | tanh | abs_tanh | sigmoid | dropout RATE | lrn [size= alpha= beta= k=]
///     groupnorm GROUPS [epsilon=1e-5 rate=]
///     maxpool K [stride= pad= ceil=] | avgpool K [stride= pad= ceil=]
///     lppool K [p=2 stride= pad= ceil=]
///     scale [rate=]                     a learned coefficient for each map, 1 at first
///     global_average                    (b, h, w, c) to (b, c)
///     second_order [function=log epsilon=1e-3 precision=double]
///                                       (b, h, w, c) to g(FᵀF + εI), (b, c, c); the functions are
///                                       those of scalar_function.hpp
///     upper_triangle                    (b, c, c) to (b, c (c + 1) / 2)
///     resize SCALE | resize from=map,like
///                                       bilinear; by a factor, or to the size of `like`
///     concat from=a,b,... | add from=a,b
///
/// Weights start from the normal distribution of He et al. (ICCV 2015), std = sqrt(2 / fan-in),
/// or with `std`; biases from zero. Parameters are called <layer>.weight and <layer>.bias.
/// Throws InputError that names the layer.
std::map<std::string, FeatureMap> add_layers(Graph& graph, const std::vector<Layer>& layers,
                                             const FeatureMap& input,
                                             const NetworkSettings& settings = {});

}  // namespace eigenprop
