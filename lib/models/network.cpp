#include "models/network.hpp"

#include <cmath>
#include <functional>

#include "models/spectral_layers.hpp"
#include "operations/add.hpp"
#include "operations/average_pool2d.hpp"
#include "operations/bilinear_resize.hpp"
#include "operations/broadcast_product.hpp"
#include "operations/concatenate.hpp"
#include "operations/convolution2d.hpp"
#include "operations/dense.hpp"
#include "operations/dropout.hpp"
#include "operations/elementwise.hpp"
#include "operations/global_average.hpp"
#include "operations/group_normalization.hpp"
#include "operations/local_response_normalization.hpp"
#include "operations/lp_pool2d.hpp"
#include "operations/max_pool2d.hpp"
#include "operations/relu.hpp"
#include "runtime/error.hpp"
#include "spectral/upper_triangle.hpp"

namespace eigenprop {
namespace {

using Maps = std::vector<FeatureMap>;

std::vector<Value> values_of(const Maps& maps) {
  std::vector<Value> values;
  for (const auto& map : maps) values.push_back(map.value);
  return values;
}

void require_sources(const Layer& layer, const Maps& from, std::size_t count) {
  require(from.size() == count, "layer '" + layer.name + "' (" + layer.type + ") takes " +
                                    std::to_string(count) + " maps, not " +
                                    std::to_string(from.size()));
}

FeatureMap add_convolution(Graph& graph, const Layer& layer, const Maps& from,
                           const NetworkSettings& settings) {
  layer.allow(2, {"stride", "pad", "dilation", "groups", "connections", "rate", "std", "bias"});
  require_sources(layer, from, 1);
  const std::int64_t channels = layer.integer(std::size_t{0}, "number of output channels");
  const std::int64_t kernel = layer.integer(std::size_t{1}, "kernel size");
  Convolution2dSettings convolution;
  convolution.output_channels = channels;
  convolution.kernel_h = convolution.kernel_w = kernel;
  convolution.stride = layer.integer("stride", 1);
  convolution.dilation = layer.integer("dilation", 1);
  convolution.padding = layer.integer("pad", convolution.dilation * (kernel - 1) / 2);
  convolution.groups = layer.integer("groups", 1);
  // What fan_in multiplies stays countable.
  require(channels > 0 && kernel > 0 && kernel <= 65536 && convolution.groups > 0 &&
              from[0].channels % convolution.groups == 0 && channels % convolution.groups == 0,
          "layer '" + layer.name +
              "': channels and kernel must be positive, the kernel 65536 at most, and " +
              std::to_string(from[0].channels) + " input and " + std::to_string(channels) +
              " output channels divisible by the groups");

  const std::int64_t group_channels = from[0].channels / convolution.groups;
  const std::int64_t connections = layer.integer("connections", group_channels);
  require(connections > 0 && connections <= group_channels,
          "layer '" + layer.name + "': each output map can be connected to 1 to " +
              std::to_string(group_channels) + " input maps");
  const auto fan_in = static_cast<double>(kernel * kernel * connections);
  const double deviation = layer.number("std", std::sqrt(2 / fan_in));
  const double rate = layer.number("rate", settings.rate_factor);
  auto weight = graph.parameter(layer.name + ".weight",
                                {{kernel, kernel, group_channels, channels}, Precision::f32},
                                {Initializer::Kind::normal, deviation}, rate);
  if (connections < group_channels) {
    // A parameter that is not trained: checkpoints keep it.
    const auto table =
        graph.parameter(layer.name + ".connections", {{group_channels, channels}, Precision::f32},
                        {Initializer::Kind::connections, static_cast<double>(connections)}, 0, 0);
    weight = graph.apply(layer.name + ".connected", std::make_shared<BroadcastProduct<float>>(),
                         {weight, table});
  }
  const auto bias = graph.parameter(layer.name + ".bias", {{channels}, Precision::f32},
                                    {Initializer::Kind::constant, layer.number("bias", 0)},
                                    rate * settings.bias_rate, settings.bias_decay);
  return {graph.apply(layer.name, std::make_shared<Convolution2d<float>>(convolution),
                      {from[0].value, weight, bias}),
          channels};
}

PoolSettings pool_of(const Layer& layer, const Maps& from) {
  require_sources(layer, from, 1);
  PoolSettings pool;
  pool.kernel = layer.integer(std::size_t{0}, "kernel size");
  pool.stride = layer.integer("stride", pool.kernel);
  pool.padding = layer.integer("pad", 0);
  pool.ceil_mode = layer.integer("ceil", 0) != 0;
  return pool;
}

FeatureMap add_lp_pool(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(1, {"stride", "pad", "ceil", "p"});
  const auto pool = std::make_shared<LpPool2d<float>>(pool_of(layer, from), layer.number("p", 2));
  return {graph.apply(layer.name, pool, {from[0].value}), from[0].channels};
}

FeatureMap add_scale(Graph& graph, const Layer& layer, const Maps& from,
                     const NetworkSettings& settings) {
  layer.allow(0, {"rate"});
  require_sources(layer, from, 1);
  const auto coefficients = graph.parameter(
      layer.name + ".weight", {{from[0].channels}, Precision::f32},
      {Initializer::Kind::constant, 1}, layer.number("rate", settings.rate_factor), 0);
  return {graph.apply(layer.name, std::make_shared<BroadcastProduct<float>>(),
                      {from[0].value, coefficients}),
          from[0].channels};
}

template <ElementFunction function>
FeatureMap add_elementwise(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {});
  require_sources(layer, from, 1);
  const auto operation = std::make_shared<Elementwise<float>>(ElementwiseSettings{function, 0});
  return {graph.apply(layer.name, operation, {from[0].value}), from[0].channels};
}

template <class Pool>
FeatureMap add_pool(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(1, {"stride", "pad", "ceil"});
  const PoolSettings pool = pool_of(layer, from);
  return {graph.apply(layer.name, std::make_shared<Pool>(pool), {from[0].value}), from[0].channels};
}

FeatureMap add_dropout(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(1, {});
  require_sources(layer, from, 1);
  const double rate = layer.numbers.empty() ? -1 : layer.numbers[0].number.value_or(-1);
  require(rate >= 0 && rate < 1, "layer '" + layer.name + "': a dropout rate lies in [0, 1)");
  return {graph.apply(layer.name, std::make_shared<Dropout<float>>(rate), {from[0].value}),
          from[0].channels};
}

FeatureMap add_lrn(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {"size", "alpha", "beta", "k"});
  require_sources(layer, from, 1);
  LocalResponseNormalizationSettings lrn;
  lrn.size = layer.integer("size", 5);
  lrn.alpha = layer.number("alpha", 1e-4);
  lrn.beta = layer.number("beta", 0.75);
  lrn.k = layer.number("k", 2);
  return {graph.apply(layer.name, std::make_shared<LocalResponseNormalization<float>>(lrn),
                      {from[0].value}),
          from[0].channels};
}

FeatureMap add_group_normalization(Graph& graph, const Layer& layer, const Maps& from,
                                   const NetworkSettings& settings) {
  layer.allow(1, {"epsilon", "rate"});
  require_sources(layer, from, 1);
  GroupNormalizationSettings normalization;
  normalization.groups = layer.integer(std::size_t{0}, "number of groups");
  normalization.epsilon = layer.number("epsilon", normalization.epsilon);
  const double rate = layer.number("rate", settings.rate_factor);
  const TensorSpec one_a_channel = {{from[0].channels}, Precision::f32};
  const auto scale = graph.parameter(layer.name + ".weight", one_a_channel,
                                     {Initializer::Kind::constant, 1}, rate, settings.bias_decay);
  const auto offset =
      graph.parameter(layer.name + ".bias", one_a_channel, {Initializer::Kind::constant, 0},
                      rate * settings.bias_rate, settings.bias_decay);
  return {graph.apply(layer.name, std::make_shared<GroupNormalization<float>>(normalization),
                      {from[0].value, scale, offset}),
          from[0].channels};
}

FeatureMap add_resize(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(from.size() == 1 ? 1 : 0, {});
  BilinearResizeSettings resize;
  if (from.size() == 1) {
    resize.scale = layer.integer(std::size_t{0}, "scale");
  } else {
    require_sources(layer, from, 2);
  }
  return {graph.apply(layer.name, std::make_shared<BilinearResize<float>>(resize), values_of(from)),
          from[0].channels};
}

FeatureMap add_concatenation(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {});
  std::int64_t channels = 0;
  for (const auto& map : from) channels += map.channels;
  return {graph.apply(layer.name, std::make_shared<Concatenate<float>>(), values_of(from)),
          channels};
}

FeatureMap add_sum(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {});
  FeatureMap sum = from[0];
  for (std::size_t i = 1; i < from.size(); ++i) {
    require(from[i].channels == sum.channels,
            "layer '" + layer.name + "' adds maps of different numbers of channels");
    const bool last = i + 1 == from.size();
    sum.value = graph.apply(last ? layer.name : layer.name + "." + std::to_string(i),
                            std::make_shared<Add<float>>(), {sum.value, from[i].value});
  }
  return sum;
}

FeatureMap add_relu(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {});
  require_sources(layer, from, 1);
  return {graph.apply(layer.name, std::make_shared<Relu<float>>(), {from[0].value}),
          from[0].channels};
}

FeatureMap add_dense(Graph& graph, const Layer& layer, const Maps& from,
                     const NetworkSettings& settings) {
  layer.allow(1, {"rate", "std", "bias"});
  require_sources(layer, from, 1);
  const std::int64_t channels = layer.integer(std::size_t{0}, "number of outputs");
  require(channels > 0, "layer '" + layer.name + "': the number of outputs must be positive");
  const double deviation =
      layer.number("std", std::sqrt(2 / static_cast<double>(from[0].channels)));
  const double rate = layer.number("rate", settings.rate_factor);
  const auto weight =
      graph.parameter(layer.name + ".weight", {{from[0].channels, channels}, Precision::f32},
                      {Initializer::Kind::normal, deviation}, rate);
  const auto bias = graph.parameter(layer.name + ".bias", {{channels}, Precision::f32},
                                    {Initializer::Kind::constant, layer.number("bias", 0)},
                                    rate * settings.bias_rate, settings.bias_decay);
  return {graph.apply(layer.name, std::make_shared<Dense<float>>(), {from[0].value, weight, bias}),
          channels};
}

FeatureMap add_global_average(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {});
  require_sources(layer, from, 1);
  return {graph.apply(layer.name, std::make_shared<GlobalAverage<float>>(), {from[0].value}),
          from[0].channels};
}

FeatureMap add_upper_triangle(Graph& graph, const Layer& layer, const Maps& from) {
  layer.allow(0, {});
  require_sources(layer, from, 1);
  const std::int64_t n = from[0].channels;
  return {graph.apply(layer.name, std::make_shared<UpperTriangle<float>>(), {from[0].value}),
          n * (n + 1) / 2};
}

}  // namespace

std::map<std::string, FeatureMap> add_layers(Graph& graph, const std::vector<Layer>& layers,
                                             const FeatureMap& input,
                                             const NetworkSettings& settings) {
  using Builder = std::function<FeatureMap(const Layer&, const Maps&)>;
  const auto plain = [&](FeatureMap (*build)(Graph&, const Layer&, const Maps&)) {
    return [&graph, build](const Layer& l, const Maps& m) { return build(graph, l, m); };
  };
  const std::map<std::string, Builder> builders = {
      {"conv",
       [&](const Layer& l, const Maps& m) { return add_convolution(graph, l, m, settings); }},
      {"dense", [&](const Layer& l, const Maps& m) { return add_dense(graph, l, m, settings); }},
      {"groupnorm", [&](const Layer& l,
                        const Maps& m) { return add_group_normalization(graph, l, m, settings); }},
      {"global_average", plain(add_global_average)},
      {"second_order", plain(add_second_order)},
      {"svd", plain(add_singular_values)},
      {"eig", plain(add_eigenvalues)},
      {"matrix_function", plain(add_matrix_function)},
      {"projector", plain(add_projector)},
      {"newton_schulz", plain(add_newton_schulz)},
      {"upper_triangle", plain(add_upper_triangle)},
      {"relu", plain(add_relu)},
      {"dropout", plain(add_dropout)},
      {"lrn", plain(add_lrn)},
      {"maxpool", plain(add_pool<MaxPool2d<float>>)},
      {"lppool", plain(add_lp_pool)},
      {"scale", [&](const Layer& l, const Maps& m) { return add_scale(graph, l, m, settings); }},
      {"tanh", plain(add_elementwise<ElementFunction::tanh>)},
      {"abs_tanh", plain(add_elementwise<ElementFunction::absolute_tanh>)},
      {"sigmoid", plain(add_elementwise<ElementFunction::sigmoid>)},
      {"avgpool", plain(add_pool<AveragePool2d<float>>)},
      {"resize", plain(add_resize)},
      {"concat", plain(add_concatenation)},
      {"add", plain(add_sum)},
  };

  std::map<std::string, FeatureMap> maps = {{"input", input}};
  for (const auto& layer : connected(layers)) {
    const auto builder = builders.find(layer.type);
    if (builder == builders.end()) {
      std::string known;
      for (const auto& [type, build] : builders) known += (known.empty() ? "" : ", ") + type;
      throw InputError("layer '" + layer.name + "' has the unknown type '" + layer.type +
                       "'; there are: " + known);
    }
    Maps from;
    for (const auto& name : layer.from) from.push_back(maps.at(name));
    maps[layer.name] = builder->second(layer, from);
  }
  return maps;
}

}  // namespace eigenprop
