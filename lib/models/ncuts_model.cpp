#include "models/ncuts_model.hpp"

#include "cuts/own_lines.hpp"
#include "cuts/shared_map.hpp"
#include "models/network.hpp"
#include "models/trunks.hpp"
#include "operations/cast.hpp"
#include "operations/dense.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// Spelled as in the checkpoints of version 0.1 where their six decimals are exact.
LayerValue real(double value) {
  auto text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return read_number(text) == value ? LayerValue(value, text) : LayerValue(value);
}

FeatureMap add_feature_layers(Graph& graph, const NCutsModelSettings& settings, Value image) {
  NetworkSettings network;
  network.rate_factor = settings.trunk_rate;
  const auto maps =
      add_layers(graph, ncuts_layers(settings), {image, settings.input_channels}, network);
  const auto& features = maps.at("features");
  graph.name_output("features", features.value);
  return features;
}

// L of Λ = LLᵀ. Its decay would shrink what only has a direction.
Value add_metric_root(Graph& graph, const NCutsModelSettings& settings) {
  return graph.parameter("metric_root", {{settings.features, settings.features}, Precision::f64},
                         {Initializer::Kind::identity, 1}, settings.metric_rate, 0);
}

}  // namespace

std::vector<Layer> ncuts_layers(const NCutsModelSettings& settings) {
  require(settings.hidden >= 0 && settings.features > 0,
          "model.features must be positive, and model.hidden not negative");
  std::vector<Layer> layers;
  if (settings.trunk != "none") layers = trunk_layers(settings.trunk, settings.cut);
  layers.insert(layers.end(), settings.layers.begin(), settings.layers.end());
  const auto rate = real(settings.head_rate);
  if (settings.hidden > 0) {
    layers.push_back(
        {"head1", "conv", {settings.hidden, settings.hidden_kernel}, {{"rate", rate}}});
    layers.push_back({"head1_relu", "relu"});
  }
  if (settings.dropout > 0) layers.push_back({"head_dropout", "dropout", {real(settings.dropout)}});
  layers.push_back({"head2",
                    "conv",
                    {settings.features, settings.features_kernel},
                    {{"rate", rate}, {"bias", real(settings.features_bias)}}});
  layers.push_back({"features", "relu"});
  return layers;
}

Graph build_feature_network(const NCutsModelSettings& settings, std::uint32_t seed) {
  Graph graph(seed);
  add_feature_layers(graph, settings, graph.input("image", Precision::f32));
  if (settings.trains_metric) add_metric_root(graph, settings);
  return graph;
}

Graph build_trunk(const NCutsModelSettings& settings, std::uint32_t seed) {
  Graph graph(seed);
  const auto layers = trunk_layers(settings.trunk, settings.cut);
  const auto maps =
      add_layers(graph, layers, {graph.input("image", Precision::f32), settings.input_channels});
  graph.name_output("features", maps.at(layers.back().name).value);
  return graph;
}

Graph build_ncuts_network(const NCutsModelSettings& settings,
                          const NormalizedCutsSettings& objective, std::uint32_t seed) {
  Graph graph(seed);
  const auto image = graph.input("image", Precision::f32);
  const auto labels = graph.list_input("labels");
  const auto features = add_feature_layers(graph, settings, image);
  // The whole-matrix part in double: the paper measured the loss of accuracy otherwise (7.1).
  auto rows =
      graph.apply("features_double", std::make_shared<Cast<float, double>>(), {features.value});
  if (const auto* comm = objective.comm) {
    rows = graph.apply("shared_features", std::make_shared<SharedMap>(comm), {rows});
    rows = graph.apply("own_lines", std::make_shared<OwnLines>(comm->rank(), comm->size()), {rows});
  }
  // FΛFᵀ = (FL)(FL)ᵀ, whose derivative in L is that of eq. 64 times 2L.
  if (settings.trains_metric) {
    rows = graph.apply("metric", std::make_shared<Dense<double>>(),
                       {rows, add_metric_root(graph, settings)});
  }
  std::vector<Value> inputs = {rows, labels};
  if (objective.regularized) inputs.push_back(graph.input("epsilon", Precision::f64));
  const auto outputs =
      graph.apply("ncuts", std::make_shared<NormalizedCutsAlignment>(objective), inputs, 2);
  graph.name_output("objective", outputs[0]);
  graph.name_output("statistics", outputs[1]);
  return graph;
}

Shape feature_shape(const Graph& graph, const Shape& image) {
  return graph.infer(graph.output("features"), {{image, Precision::f32}}).shape;
}

std::string model_signature(const NCutsModelSettings& settings) {
  std::string signature = "input " + std::to_string(settings.input_channels);
  for (const auto& layer : ncuts_layers(settings)) signature += "; " + layer_line(layer);
  return signature + (settings.trains_metric ? "; metric" : "");
}

}  // namespace eigenprop
