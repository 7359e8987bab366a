#include "models/ncuts_inference.hpp"

#include <algorithm>
#include <cmath>

#include "data/sampling.hpp"
#include "graph/execution.hpp"
#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

Graph feature_graph(const NCutsTrainingSettings& settings) {
  return build_feature_network(complete_model(settings),
                               static_cast<std::uint32_t>(settings.solver.seed));
}

Graph edge_graph(const NCutsTrainingSettings& settings, const Communicator* comm) {
  if (!settings.graph.has_features()) return build_contour_edges(settings.graph, {comm, nullptr});
  return build_edge_network(complete_model(settings), settings.graph, {comm, nullptr},
                            static_cast<std::uint32_t>(settings.solver.seed));
}

/// The whole image as it enters the network.
Tensor<float> whole_input(const NCutsTrainingSettings& settings, const SegmentedImage& image) {
  const View view =
      whole_view(settings.augmentation.long_side_of_whole(), image.image.height, image.image.width);
  return normalize(resample(image.image, view.rectangle, view.height, view.width, false),
                   settings.pixels);
}

// scatter <- scatter + Σ_i (f_i − mean of its segment)(…)ᵀ / rows
void add_scatter(const FeatureGrid& features, const LabelMap& map, double weight,
                 std::vector<double>& scatter) {
  const int d = features.dimensions;
  const std::int64_t rows = std::int64_t{features.height} * features.width;
  std::vector<double> means(index(std::int64_t{map.segments} * d), 0.0);
  std::vector<double> counts(index(map.segments), 0.0);
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t s = map.labels[index(i)];
    counts[index(s)] += 1;
    for (int j = 0; j < d; ++j) means[index(s * d + j)] += features.data[i * d + j];
  }
  for (std::int64_t s = 0; s < map.segments; ++s) {
    for (int j = 0; j < d; ++j) means[index(s * d + j)] /= counts[index(s)];
  }
  std::vector<double> residual(index(d));
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t s = map.labels[index(i)];
    for (int j = 0; j < d; ++j)
      residual[index(j)] = features.data[i * d + j] - means[index(s * d + j)];
    for (int p = 0; p < d; ++p) {
      for (int q = 0; q < d; ++q)
        scatter[index(p * d + q)] +=
            weight / static_cast<double>(rows) * residual[index(p)] * residual[index(q)];
    }
  }
}

}  // namespace

GraphCutsNetwork::GraphCutsNetwork(const NCutsTrainingSettings& settings,
                                   const std::map<std::string, AnyTensor>& parameters,
                                   const std::string& source,
                                   const TestTimeAugmentation& augmentation,
                                   const Communicator* comm)
    : settings_(settings), comm_(comm), edges_(edge_graph(settings, comm)) {
  if (settings.graph.has_contour())
    boundary_ = std::make_unique<BoundaryNetwork>(settings, parameters, source, augmentation);
  if (settings.graph.has_features()) {
    load_parameters(parameters, edges_.parameters(), source);
  } else {
    // The others' names and shapes were compared above.
    load_matching_parameters(parameters, edges_.parameters());
  }
}

BoundaryEvidence GraphCutsNetwork::of(const SegmentedImage& image,
                                      const BoundaryQuestion& question) {
  const bool of_map = !settings_.graph.has_features();
  BoundaryMaps maps;
  if (boundary_ && (question.boundary || of_map)) maps = boundary_->of(image);
  BoundaryEvidence result{{}, std::move(maps.pixels)};
  if (!question.spectrum) return result;
  try {
    result.spectrum = eigenvectors_of(of_map ? maps.nodes : whole_input(settings_, image));
  } catch (const Error&) {
    rethrow_with_prefix("image '" + image.name + "': ");
  }
  return result;
}

SpectralVectors GraphCutsNetwork::eigenvectors_of(const Tensor<float>& input) {
  auto& execution = edges_.plan({{input.shape(), Precision::f32}}, Mode::inference);
  copy(execution.input(0), input);
  execution.forward(RandomKey{});
  const auto& edges = execution.value(edges_.output("edges")).as<double>();
  const auto values = to_host(edges);
  return graph_vectors(values.data(), edges.shape()[0], edges.shape()[1],
                       static_cast<int>(settings_.graph.radius), settings_.graph.spectrum(), comm_);
}

NCutsFeatures::NCutsFeatures(const NCutsTrainingSettings& settings,
                             const std::map<std::string, AnyTensor>& parameters,
                             const std::string& source)
    : NCutsFeatures(settings, feature_graph(settings), settings.model.features) {
  load_parameters(parameters, graph_.parameters(), source);
}

NCutsFeatures::NCutsFeatures(const NCutsTrainingSettings& settings, Graph graph,
                             std::int64_t dimensions)
    : settings_(settings), graph_(std::move(graph)), dimensions_(dimensions) {}

NCutsFeatures NCutsFeatures::of_trunk(const NCutsTrainingSettings& settings,
                                      const std::map<std::string, AnyTensor>& parameters,
                                      const std::string& source) {
  const auto model = complete_model(settings);
  auto graph = build_trunk(model, 0);
  // Large enough for the receptive field of any trunk.
  const auto shape = feature_shape(graph, {1, 512, 512, model.input_channels});
  require(shape.rank() == 4, "layer '" + model.cut + "' of trunk '" + model.trunk +
                                 "' has no map of features, but " + shape.text());
  const auto found = load_matching_parameters(parameters, graph.parameters());
  require(
      found.missing.empty() && found.misfits.empty(),
      source + " does not hold the parameters of trunk '" + model.trunk + "'" + found.remainder());
  return NCutsFeatures(settings, std::move(graph), shape[3]);
}

FeatureGrid NCutsFeatures::of(const SegmentedImage& image) {
  const auto input = whole_input(settings_, image);
  auto& execution = graph_.plan({{input.shape(), Precision::f32}}, Mode::inference);
  copy(execution.input(0), input);
  execution.forward(RandomKey{});
  const auto& features = execution.value(graph_.output("features")).as<float>();
  const auto values = to_host(features);
  double square = 0;
  for (const float value : values)
    square += static_cast<double>(value) * static_cast<double>(value);
  if (!std::isfinite(square))
    throw NonFiniteError("the features of image '" + image.name + "' are not finite");
  const double scale =
      square > 0 ? std::sqrt(static_cast<double>(features.shape().rows()) / square) : 1;
  values_.resize(values.size());
  std::transform(values.begin(), values.end(), values_.begin(),
                 [&](float value) { return scale * static_cast<double>(value); });
  const Shape& shape = features.shape();
  return {values_.data(), static_cast<int>(shape[1]), static_cast<int>(shape[2]),
          static_cast<int>(shape[3])};
}

std::vector<double> fit_metric(NCutsFeatures& features, const SegmentationDataset& data,
                               double ridge, const Communicator& comm,
                               const std::function<bool()>& stop) {
  require(ridge > 0, "the ridge of the metric must be positive");
  const auto [first, last] = share_of(data.size(), comm.rank(), comm.size());
  std::vector<double> scatter;
  std::int64_t d = 0;
  bool stopped = false;
  for (std::int64_t i = first; i < last; ++i) {
    stopped = stop && stop();
    if (stopped) break;
    const auto source = data.image(i);
    const auto grid = features.of(source);
    d = grid.dimensions;
    scatter.resize(index(d * d), 0.0);
    const auto& image = source.image;
    const Rectangle whole{0, 0, static_cast<double>(image.height),
                          static_cast<double>(image.width)};
    for (const auto& map : source.segmentations) {
      add_scatter(grid, resample(map, whole, grid.height, grid.width, false),
                  1.0 / static_cast<double>(source.segmentations.size()), scatter);
    }
  }
  if (comm.max(stopped ? 1 : 0) > 0) return {};
  // Ranks without images learn the size from the others.
  d = comm.max(d);
  scatter.resize(index(d * d), 0.0);
  comm.sum(scatter.data(), d * d);
  double trace = 0;
  for (std::int64_t j = 0; j < d; ++j) trace += scatter[index(j * d + j)];
  // Features that are all zero leave nothing to measure by: the identity.
  const double shift = trace > 0 ? ridge * trace / static_cast<double>(d) : 1;
  for (std::int64_t j = 0; j < d; ++j) scatter[index(j * d + j)] += shift;

  std::vector<double> values(index(d));
  symmetric_eigen(static_cast<int>(d), scatter.data(), values.data());
  std::vector<double> inverse(scatter.size(), 0.0);
  for (std::int64_t r = 0; r < d; ++r) {
    for (std::int64_t i = 0; i < d; ++i) {
      for (std::int64_t j = 0; j < d; ++j)
        inverse[index(i * d + j)] +=
            scatter[index(r * d + i)] * scatter[index(r * d + j)] / values[index(r)];
    }
  }
  return inverse;
}

double effective_rank_of(const FeatureGrid& features, const double* lambda,
                         const NCutsTrainingSettings& settings, double epsilon) {
  FeatureRows rows{features.data, std::int64_t{features.height} * features.width,
                   features.dimensions};
  std::vector<double> rooted;
  // What is fitted after a training had no part in its objective.
  if (settings.metric == "trained") {
    rooted = multiply_by_root(rows, lambda);
    rows.data = rooted.data();
  }
  const auto alignment = alignment_of(settings);
  auto rank = alignment.rank;
  rank.epsilon = epsilon > 0 ? epsilon : settings.epsilon_final;
  return effective_rank(alignment.objective, rows, rank, Communicator::self());
}

std::vector<double> metric_of_root(const Tensor<double>& root) {
  const auto d = static_cast<int>(root.shape()[0]);
  const auto values = to_host(root);
  std::vector<double> lambda(values.size());
  gemm(Transpose::no, Transpose::yes, d, d, d, 1.0, values.data(), d, values.data(), d, 0.0,
       lambda.data(), d);
  return lambda;
}

std::vector<double> metric_of_features(const Checkpoint& checkpoint, std::int64_t dimensions,
                                       const std::string& source) {
  auto found = checkpoint.results.find("metric");
  if (found == checkpoint.results.end()) found = checkpoint.results.find("affinity");
  require(found != checkpoint.results.end(),
          source + " has no metric of features: its training has not come to an end");
  const Shape shape{dimensions, dimensions};
  require(found->second.shape() == shape && found->second.precision() == Precision::f64,
          source + ": the metric of features, /results/" + found->first + ", is " +
              precision_name(found->second.precision()) + " " + found->second.shape().text() +
              ", not double " + shape.text());
  require(all_finite(found->second),
          source + ": the metric of features, /results/" + found->first + ", is not finite");
  return to_host(found->second.as<double>());
}

}  // namespace eigenprop
