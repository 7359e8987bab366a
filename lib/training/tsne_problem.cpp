#include "training/tsne_problem.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "data/sampling.hpp"
#include "models/embedding_scores.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

constexpr double first_deviation = 1e-4;
// Relative to features: less is rounding.
constexpr double smallest_deviation = 1e-14;

Affinities affinities_of(const TsneSettings& s, const std::vector<double>& features,
                         std::int64_t rows, std::int64_t width, const Communicator& comm,
                         StopNotice* stop) {
  AffinitySettings settings;
  settings.perplexity = s.perplexity;
  settings.exact = s.affinities == "exact";
  settings.stops = [stop] { return stop && stop->heard(); };
  auto result =
      neighbour_affinities(features.data(), rows, static_cast<int>(width), settings, comm);
  if (result.stopped) throw Interrupted();
  return result;
}

}  // namespace

TsneProblem::TsneProblem(const TsneSettings& settings, const PointDataset& data,
                         const Communicator& comm, StopNotice* stop)
    : settings_(settings), comm_(comm.get()), total_(data.size()) {
  const auto own = items_of(total_, comm_.rank(), comm_.size());
  const auto features = data.features(own);
  parameters_.create("embedding", {{total_, settings.dimensions}, Precision::f64},
                     {Initializer::Kind::normal, first_deviation},
                     static_cast<std::uint32_t>(settings.seed));
  objective_ = std::make_unique<NeighbourEmbedding>(
      settings.kind == "tsne" ? EmbeddingKind::tsne : EmbeddingKind::ssne,
      affinities_of(settings, features, static_cast<std::int64_t>(own.size()),
                    data.extents().size(), comm_, stop),
      static_cast<int>(settings.dimensions), comm_);
  if (settings.initial == "pca") set_principal_components(features);
}

std::string TsneProblem::signature() const {
  return settings_.kind + ", " + std::to_string(total_) + " points, " +
         std::to_string(settings_.dimensions) + " dimensions";
}

// The first of them has a deviation of 1e-4.
void TsneProblem::set_principal_components(const std::vector<double>& features) {
  const std::int64_t rows = affinities().rows;
  const std::int64_t width =
      comm_.max(rows > 0 ? static_cast<std::int64_t>(features.size()) / rows : 0);
  const auto all = gather_embedding(features, rows, width, comm_);
  auto places = principal_components(all, {{}, width}, settings_.dimensions)[0].rows;
  double squares = 0, largest = 0;
  for (std::size_t i = 0; i < places.size(); i += index(settings_.dimensions))
    squares += places[i] * places[i];
  for (const double feature : all.rows) largest = std::max(largest, std::abs(feature));
  const double deviation = std::sqrt(squares / static_cast<double>(total_));
  require(deviation > smallest_deviation * largest,
          "all points are the same: they have no principal components");
  for (auto& place : places) place *= first_deviation / deviation;
  // The same bits on every rank.
  comm_.broadcast(places.data(), static_cast<std::int64_t>(places.size()));
  set_places(places);
}

void TsneProblem::restore(const Checkpoint& checkpoint, const std::string& path) {
  require(checkpoint.model == signature(), "checkpoint '" + path + "' is of another model: " +
                                               checkpoint.model + ", not " + signature());
}

std::vector<double> TsneProblem::places() const {
  return to_host(parameters_[0]->value.as<double>());
}

std::vector<double> TsneProblem::own_places() const {
  const auto all = places();
  const auto begin = all.begin() + affinities().first * settings_.dimensions;
  return {begin, begin + affinities().rows * settings_.dimensions};
}

void TsneProblem::set_places(const std::vector<double>& all) {
  from_host(parameters_[0]->value.as<double>(), all);
}

Measures TsneProblem::evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) {
  require(static_cast<std::int64_t>(batch.samples.size()) == total_,
          "the neighbourhoods of t-SNE are those of all points, not of a batch");
  if (comm_.max(stop && stop->heard() ? 1 : 0) > 0) throw Interrupted();
  const auto own = own_places();
  Measures result;
  if (gradient) {
    std::vector<double> all(index(total_ * settings_.dimensions), 0.0);
    result.objective = objective_->divergence(
        own.data(), 1, all.data() + affinities().first * settings_.dimensions);
    from_host(parameters_[0]->adjoint.as<double>(), all);
    gradient->add_adjoints(parameters_);
  } else {
    result.objective = objective_->divergence(own.data());
  }
  char note[48];
  std::snprintf(note, sizeof note, "divergence %.5f", result.objective);
  result.note = note;
  return result;
}

}  // namespace eigenprop
