#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "models/layer.hpp"

namespace eigenprop {

/// A value of a network together with its number of channels.
struct FeatureMap {
  Value value;  ///< in single precision
  std::int64_t channels = 0;
  /// What `value` was rounded from, double, where a whole-matrix layer made it.
  std::optional<Value> wide = {};
  /// All outputs of a decomposition, double, by name: "u", "values" and, of an svd, "v".
  std::map<std::string, Value> parts = {};
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
///     second_order [function=log epsilon=1e-3 precision=double derivative=exact]
///                                       (b, h, w, c) to g(FᵀF + εI), (b, c, c); the functions are
///                                       those of scalar_function.hpp. derivative: exact; or, to be
///                                       compared with it, paper (eq. 46), clip [limit=],
///                                       lorentzian [broadening=], taylor | pade [degree=100], each
///                                       with route=svd or eig (eq. 47), and newton_schulz
///                                       [iterations=5 normalization=trace], function=sqrt
///     svd [gaps=plain limit= broadening= degree=]
///                                       (b, h, w, c) to its singular values, (b, min(h w, c))
///     eig [the same keys]               (b, c, c), symmetric, to its eigenvalues, (b, c)
///     matrix_function [function=log epsilon=1e-3]
///                                       of an svd V g(Σ² + ε)Vᵀ, of an eig U g(Q)Uᵀ, by the
///                                       paper's layers (eq. 40 to 45); of any other layer g(Z) of
///                                       its symmetric (b, c, c), exact; (b, c, c). ε of an svd
///                                       only
///     projector [tolerance=1e-6]        (b, c, c), symmetric, to the projector on its range
///     newton_schulz [iterations=5 normalization=trace]
///                                       (b, c, c), positive definite, to its square root
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
