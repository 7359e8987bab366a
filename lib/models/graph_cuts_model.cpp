#include "models/graph_cuts_model.hpp"

#include <algorithm>

#include "cuts/feature_affinity.hpp"
#include "cuts/intervening_contour.hpp"
#include "cuts/shared_map.hpp"
#include "models/network.hpp"
#include "objectives/weighted_logistic_loss.hpp"
#include "operations/add.hpp"
#include "operations/broadcast_product.hpp"
#include "operations/cast.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// A map of the network in double, for all ranks that share the image.
Value in_double(Graph& graph, const std::string& name, Value map, const Communicator* comm) {
  const Value result =
      graph.apply(name + "_double", std::make_shared<Cast<float, double>>(), {map});
  if (!comm) return result;
  return graph.apply("shared_" + name, std::make_shared<SharedMap>(comm), {result});
}

// The layers, and what is named of them.
std::map<std::string, FeatureMap> add_maps(Graph& graph, const NCutsModelSettings& settings,
                                           const GraphAffinitySettings& affinity, Value image) {
  NetworkSettings network;
  network.rate_factor = settings.trunk_rate;
  auto maps = add_layers(graph, graph_cuts_layers(settings, affinity),
                         {image, settings.input_channels}, network);
  graph.name_output("features", maps.at("features").value);
  if (affinity.has_contour()) {
    graph.name_output("boundary_score", maps.at("boundary_score").value);
    graph.name_output("boundary", maps.at("boundary").value);
  }
  return maps;
}

/// Parameters of the edge weights beside the layers'.
struct Widths {
  Value contour, features, distance;
};

Widths add_widths(Graph& graph, const GraphAffinitySettings& affinity) {
  const auto width = [&](const std::string& name, double first) {
    return graph.parameter(name, {{1}, Precision::f64}, {Initializer::Kind::constant, first},
                           affinity.width_rate, 0);
  };
  Widths widths;
  if (affinity.has_contour()) widths.contour = width("contour_width", affinity.contour_width);
  if (affinity.has_features()) {
    widths.features = width("feature_width", affinity.feature_width);
    if (affinity.distance_width > 0)
      widths.distance = width("distance_width", affinity.distance_width);
  }
  return widths;
}

EdgeGraphSettings edge_settings(const GraphAffinitySettings& affinity,
                                const GraphSharing& sharing) {
  EdgeGraphSettings edges;
  edges.radius = static_cast<int>(affinity.radius);
  edges.rank = sharing.comm ? sharing.comm->rank() : 0;
  edges.ranks = sharing.comm ? sharing.comm->size() : 1;
  return edges;
}

Value add_contour(Graph& graph, const GraphAffinitySettings& affinity, const GraphSharing& sharing,
                  Value boundary, Value width) {
  const InterveningContourSettings settings{edge_settings(affinity, sharing),
                                            static_cast<int>(affinity.contour_power)};
  return graph.apply("contour", std::make_shared<InterveningContour>(settings),
                     {in_double(graph, "boundary", boundary, sharing.comm), width});
}

Value add_edges(Graph& graph, const NCutsModelSettings& settings,
                const GraphAffinitySettings& affinity, const GraphSharing& sharing, Value image) {
  const auto maps = add_maps(graph, settings, affinity, image);
  const auto widths = add_widths(graph, affinity);
  const auto edges = edge_settings(affinity, sharing);
  std::vector<Value> factors;
  if (affinity.has_contour())
    factors.push_back(
        add_contour(graph, affinity, sharing, maps.at("boundary").value, widths.contour));
  if (affinity.has_features()) {
    std::vector<Value> inputs = {
        in_double(graph, "features", maps.at("features").value, sharing.comm), widths.features};
    if (affinity.distance_width > 0) inputs.push_back(widths.distance);
    factors.push_back(
        graph.apply("feature_affinity", std::make_shared<FeatureAffinity>(edges), inputs));
  }
  Value weights = factors[0];
  if (affinity.weights == "sum") {
    weights = graph.apply("edges", std::make_shared<Add<double>>(), factors);
  } else if (factors.size() > 1) {
    weights = graph.apply("edges", std::make_shared<BroadcastProduct<double>>(), factors);
  }
  graph.name_output("edges", weights);
  return weights;
}

}  // namespace

GraphSpectrumSettings GraphAffinitySettings::spectrum() const {
  GraphSpectrumSettings result;
  result.vectors = static_cast<int>(vectors);
  result.least_vectors = static_cast<int>(least_vectors);
  result.guards = static_cast<int>(guards);
  result.tolerance = tolerance;
  result.gap_share = gap_share;
  result.adjoint_tolerance = adjoint_tolerance;
  return result;
}

void declare_graph_affinity(CommandLine& line, GraphAffinitySettings& g) {
  line.choice("cuts.weights", g.weights, {"contour", "features", "both", "sum"},
              "graph: edges by the boundary map between two pixels, by their features, by the "
              "product of both, or by their sum");
  line.option("cuts.radius", g.radius, "graph: largest distance of tied pixels, 1 to 10");
  line.option("cuts.contour_power", g.contour_power,
              "graph: power of the mean along a line, 1, 2, 4, 8 or 16; 0: the maximum, whose "
              "derivative reaches one pixel of the line");
  line.option("cuts.contour_width", g.contour_width, "graph: first width of the boundary map");
  line.option("cuts.feature_width", g.feature_width, "graph: first width of the features");
  line.option("cuts.distance_width", g.distance_width,
              "graph: first width of distances between pixels; 0: they do not count");
  line.option("cuts.width_rate", g.width_rate,
              "graph: factor of the learning rate of the widths; 0 keeps them");
  line.option("cuts.vectors", g.vectors, "graph: leading eigenvectors that are aligned");
  line.option("cuts.least_vectors", g.least_vectors,
              "graph: where positive, their number is at the widest gap from here to cuts.vectors");
  line.option("cuts.guards", g.guards, "graph: eigenvectors beyond, which show the gap");
  line.option("cuts.tolerance", g.tolerance,
              "graph: residual of eigenpairs; solvers take the options -cuts_eps_...");
  line.option("cuts.gap_share", g.gap_share,
              "graph: where positive, residuals are also at most this share of the gap behind the "
              "last eigenvector: about the relative error of the gradient");
  line.option(
      "cuts.adjoint_tolerance", g.adjoint_tolerance,
      "graph: relative residual of the linear systems of the gradient, -cuts_adjoint_ksp_...");
}

void check_graph_affinity(const GraphAffinitySettings& g) {
  require(g.radius >= 1 && g.radius <= largest_edge_radius,
          "cuts.radius is " + std::to_string(g.radius) +
              "; the radius of an affinity graph lies "
              "between 1 and " +
              std::to_string(largest_edge_radius));
  try {
    (void)InterveningContour(
        {EdgeGraphSettings(), static_cast<int>(std::clamp<std::int64_t>(g.contour_power, -1, 99))});
  } catch (const Error&) {
    rethrow_with_prefix("cuts.contour_power: ");
  }
  require(g.contour_width > 0 && g.feature_width > 0,
          "cuts.contour_width and cuts.feature_width must be positive");
  require(g.distance_width >= 0 && g.width_rate >= 0,
          "cuts.distance_width and cuts.width_rate must not be negative");
  require(g.vectors >= 1 && g.guards >= 1 && g.vectors <= 512 && g.guards <= 512 - g.vectors,
          "cuts.vectors and cuts.guards must be positive, and 512 at most together");
  require(g.least_vectors >= 0 && g.least_vectors <= g.vectors,
          "cuts.least_vectors must lie between 0 and cuts.vectors");
  require(g.tolerance > 0 && g.tolerance < 1 && g.adjoint_tolerance > 0 && g.adjoint_tolerance < 1,
          "cuts.tolerance and cuts.adjoint_tolerance must lie in (0, 1)");
  require(g.gap_share >= 0 && g.gap_share < 1, "cuts.gap_share must lie between 0 and 1");
}

std::vector<Layer> graph_cuts_layers(const NCutsModelSettings& settings,
                                     const GraphAffinitySettings& affinity) {
  auto layers = ncuts_layers(settings);
  if (!affinity.has_contour()) return layers;
  // Few pixels are boundaries: the first map is dark.
  layers.push_back({"boundary_score",
                    "conv",
                    {std::int64_t{1}, std::int64_t{1}},
                    {{"rate", LayerValue(settings.head_rate)}, {"bias", LayerValue(-1.0)}}});
  layers.push_back({"boundary", "sigmoid"});
  return layers;
}

Graph build_edge_network(const NCutsModelSettings& settings, const GraphAffinitySettings& affinity,
                         const GraphSharing& sharing, std::uint32_t seed) {
  Graph graph(seed);
  add_edges(graph, settings, affinity, sharing, graph.input("image", Precision::f32));
  return graph;
}

Graph build_contour_edges(const GraphAffinitySettings& affinity, const GraphSharing& sharing) {
  require(!affinity.has_features(), "edges by features need the network");
  Graph graph(0);
  const auto boundary = graph.input("boundary", Precision::f32);
  const auto widths = add_widths(graph, affinity);
  graph.name_output("edges", add_contour(graph, affinity, sharing, boundary, widths.contour));
  return graph;
}

Graph build_graph_cuts_network(const NCutsModelSettings& settings,
                               const GraphAffinitySettings& affinity, const GraphSharing& sharing,
                               std::uint32_t seed) {
  Graph graph(seed);
  const auto image = graph.input("image", Precision::f32);
  const auto labels = graph.list_input("labels");
  const auto edges = add_edges(graph, settings, affinity, sharing, image);
  GraphCutsSettings cuts;
  cuts.radius = static_cast<int>(affinity.radius);
  cuts.spectrum = affinity.spectrum();
  cuts.comm = sharing.comm;
  cuts.report = sharing.report;
  const auto outputs =
      graph.apply("ncuts", std::make_shared<GraphCutsAlignment>(cuts), {edges, labels}, 2);
  graph.name_output("objective", outputs[0]);
  graph.name_output("statistics", outputs[1]);
  return graph;
}

Graph build_boundary_map(const NCutsModelSettings& settings, const GraphAffinitySettings& affinity,
                         std::uint32_t seed) {
  require(affinity.has_contour(), "edges by features alone have no boundary map");
  Graph graph(seed);
  add_maps(graph, settings, affinity, graph.input("image", Precision::f32));
  add_widths(graph, affinity);
  return graph;
}

Graph build_boundary_network(const NCutsModelSettings& settings,
                             const GraphAffinitySettings& affinity, std::uint32_t seed) {
  Graph graph = build_boundary_map(settings, affinity, seed);
  const auto weights = graph.input("weights", Precision::f32);
  graph.name_output("objective",
                    graph.apply("logistic", std::make_shared<WeightedLogisticLoss<float>>(),
                                {graph.output("boundary_score"), weights}));
  return graph;
}

std::string graph_cuts_signature(const NCutsModelSettings& settings,
                                 const GraphAffinitySettings& affinity) {
  std::string signature = "input " + std::to_string(settings.input_channels);
  for (const auto& layer : graph_cuts_layers(settings, affinity))
    signature += "; " + layer_line(layer);
  return signature + "; graph by " + affinity.weights + ", radius " +
         std::to_string(affinity.radius);
}

}  // namespace eigenprop
