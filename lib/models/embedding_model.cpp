#include "models/embedding_model.hpp"

#include <cmath>

#include "models/network.hpp"
#include "models/trunks.hpp"
#include "operations/cast.hpp"
#include "operations/flatten.hpp"
#include "operations/matrix_product.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

std::vector<Layer> layers_of(const EmbeddingModelSettings& model) {
  std::vector<Layer> layers;
  if (model.trunk != "none") layers = trunk_layers(model.trunk, model.cut);
  layers.insert(layers.end(), model.layers.begin(), model.layers.end());
  return layers;
}

// Networks take maps (height, width, channels).
Shape map_extents(const Shape& extents) {
  switch (extents.rank()) {
    case 1:
      return {1, 1, extents[0]};
    case 2:
      return {extents[0], extents[1], 1};
    default:
      return extents;
  }
}

}  // namespace

void declare_embedding_options(CommandLine& line, EmbeddingSettings& s) {
  auto trunks = trunk_names();
  trunks.push_back("none");
  line.choice("model.trunk", s.model.trunk, trunks, "Named trunk, or none: all in model.layers");
  line.option("model.cut", s.model.cut, "Last layer of the trunk that is kept; empty: all");
  declare_layers(line, "model.layers", s.model.layers,
                 "Layers before the linear map; none at all: the linear model");
  line.option("model.dimensions", s.model.dimensions, "Dimensions of the embedding");
  line.choice("model.initial", s.model.initial, {"random", "pca"},
              "First linear map; pca only without layers");
  line.option("model.spread", s.model.spread,
              "Root of the mean squared distance of embedded points at first");
  line.choice("input.centre", s.input.centre, {"mean", "none"},
              "What is subtracted from each feature");
  line.choice("input.scale", s.input.scale, {"deviation", "none"},
              "What all features are divided by: the root of their mean square, or nothing");
  line.choice("train.objective", s.objective, {"nca", "ncar"},
              "Neighbourhood components: of classes, or of real-valued targets");
  line.choice("train.exclude", s.exclude, {"none", "class"},
              "ncar: which points are no neighbours of each other; class: as in a test on classes "
              "that training has not seen");
  line.option("train.unit", s.unit, "Points that go through the network at once");
  line.option(
      "train.score_steps", s.score_steps,
      "Steps or iterations between scores in the run file: errors of the nearest neighbours "
      "among all training points but the point itself; 0: never");
  line.option("train.score_neighbours", s.score_neighbours, "Neighbours that scores count");
  declare_solver_options(line, s.solver, {"points", true});
}

void check_embedding_settings(const EmbeddingSettings& s) {
  try {
    connected(layers_of(s.model));
    check_solver_settings(s.solver);
    require(s.model.dimensions > 0, "model.dimensions must be positive");
    require(s.model.spread > 0 && std::isfinite(s.model.spread), "model.spread must be positive");
    require(s.model.initial != "pca" || layers_of(s.model).empty(),
            "model.initial = \"pca\" needs a model without layers");
    require(s.exclude == "none" || s.objective == "ncar",
            "train.exclude = \"class\" needs train.objective = \"ncar\"");
    require(s.solver.batch > 1, "train.batch must be two or more");
    check_unit(s.unit);
    require(s.score_steps >= 0 && s.score_neighbours > 0,
            "train.score_steps must not be negative, train.score_neighbours be positive");
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

Graph build_embedding(const EmbeddingSettings& settings, const Shape& extents) {
  Graph graph(static_cast<std::uint32_t>(settings.solver.seed));
  const auto layers = layers_of(settings.model);
  Value features;
  std::int64_t width = extents.size();
  if (layers.empty()) {
    const auto points = graph.input("points", Precision::f64);
    features = graph.apply("features", std::make_shared<Flatten<double>>(), {points});
  } else {
    const auto points = graph.input("points", Precision::f32);
    const auto maps = add_layers(graph, layers, {points, map_extents(extents)[2]});
    const auto flat = graph.apply("flatten", std::make_shared<Flatten<float>>(),
                                  {maps.at(layers.back().name).value});
    width = graph.infer(flat, {embedding_input(settings, extents, 1)}).shape[1];
    features = graph.apply("features", std::make_shared<Cast<float, double>>(), {flat});
  }
  const auto weight =
      graph.parameter("embedding.weight", {{settings.model.dimensions, width}, Precision::f64},
                      {Initializer::Kind::normal, 1 / std::sqrt(static_cast<double>(width))});
  const MatrixProductSettings transposed = {Transpose::no, Transpose::yes};
  graph.name_output("embedding",
                    graph.apply("embedding", std::make_shared<MatrixProduct<double>>(transposed),
                                {features, weight}));
  return graph;
}

TensorSpec embedding_input(const EmbeddingSettings& settings, const Shape& extents,
                           std::int64_t n) {
  const Shape maps = map_extents(extents);
  return {{n, maps[0], maps[1], maps[2]},
          layers_of(settings.model).empty() ? Precision::f64 : Precision::f32};
}

std::string embedding_signature(const EmbeddingSettings& settings, const Shape& extents) {
  std::string signature = "embedding, input " + extents.text();
  for (const auto& layer : layers_of(settings.model)) signature += "; " + layer_line(layer);
  return signature + "; " + std::to_string(settings.model.dimensions) + " dimensions";
}

}  // namespace eigenprop
