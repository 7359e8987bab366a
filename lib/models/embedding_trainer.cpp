#include "models/embedding_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "data/sampling.hpp"
#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "objectives/nearest_neighbours.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

std::vector<std::int64_t> share(const std::vector<std::int64_t>& points, const Communicator& comm) {
  const auto [first, last] =
      share_of(static_cast<std::int64_t>(points.size()), comm.rank(), comm.size());
  return {points.begin() + first, points.begin() + last};
}

/// Mean over all ranks' rows of the squared distance between two embedded points.
double mean_squared_distance(const std::vector<double>& z, std::int64_t dimensions,
                             const Communicator& comm) {
  std::vector<double> sums(static_cast<std::size_t>(dimensions) + 2, 0.0);
  for (std::size_t i = 0; i < z.size(); ++i) {
    sums[i % static_cast<std::size_t>(dimensions)] += z[i];
    sums[static_cast<std::size_t>(dimensions)] += z[i] * z[i];
  }
  sums.back() = static_cast<double>(z.size()) / static_cast<double>(dimensions);
  comm.sum(sums.data(), static_cast<std::int64_t>(sums.size()));
  const double n = sums.back();
  const double squares = sums[static_cast<std::size_t>(dimensions)] / n;
  double variance = squares;
  for (std::size_t d = 0; d < static_cast<std::size_t>(dimensions); ++d)
    variance -= sums[d] / n * (sums[d] / n);
  // Of points that coincide, rounding leaves something.
  return variance < 1e-13 * squares ? 0 : 2 * variance;
}

}  // namespace

EmbeddingTrainer::EmbeddingTrainer(const EmbeddingSettings& settings, const PointDataset& data,
                                   const Communicator& comm)
    : settings_(settings),
      data_(data),
      comm_(comm.get()),
      embedder_(settings, data.extents()),
      descent_(embedder_.graph().parameters(), settings.optimizer, settings.schedule,
               static_cast<double>(settings.epochs), comm),
      exchange_(embedder_.graph().parameters(), comm),
      cost_(settings.objective == "nca" ? PairCost::same_label : PairCost::squared_distance),
      own_(items_of(data.size(), comm.rank(), comm.size())) {
  require(data.size() > 1, "data set '" + data.path() + "' holds a single point");
  require(cost_ != PairCost::same_label || !data.labels().empty(),
          "data set '" + data.path() + "' has no classes (/labels/class), which nca needs");
  require(settings.exclude == "none" || !data.labels().empty(),
          "data set '" + data.path() + "' has no classes (/labels/class) to be excluded");
  require(cost_ != PairCost::squared_distance || !data.targets().empty(),
          "data set '" + data.path() + "' has no targets (/targets), which ncar needs");
  require(settings.score_steps == 0 || settings.score_neighbours < data.size(),
          "train.score_neighbours = " + std::to_string(settings.score_neighbours) +
              ": a point of '" + data.path() + "' has " + std::to_string(data.size() - 1) +
              " others");
  embedder_.measure_inputs(data, comm_);
  set_first_map();
}

// A random map, or the leading principal directions of the inputs; then as long as `spread` says,
// so that neighbours exist: far apart, all p_ij are 0 or 1, and there is no gradient.
void EmbeddingTrainer::set_first_map() {
  const auto weight = graph().parameters().find("embedding.weight")->value.as<double>();
  auto map = to_host(weight);
  if (settings_.model.initial == "pca") {
    const auto width = static_cast<int>(weight.shape()[1]);
    const auto size = static_cast<std::size_t>(width);
    require(settings_.model.dimensions <= width,
            "model.initial = \"pca\": " + std::to_string(settings_.model.dimensions) +
                " dimensions of " + std::to_string(width) + " features");
    std::vector<double> scatter(size * size, 0.0);
    for (const auto& unit : embedder_.units(own_)) {
      auto& execution = embedder_.forward(data_, unit, {}, Mode::inference);
      const auto features = to_host(execution.input(0).as<double>());
      gram(width, static_cast<int>(unit.size()), 1.0, features.data(), width, 1.0, scatter.data(),
           width);
    }
    comm_.sum(scatter.data(), static_cast<std::int64_t>(scatter.size()));
    std::vector<double> eigenvalues(size);
    symmetric_eigen(width, scatter.data(), eigenvalues.data());
    // Row i of `scatter` is the i-th eigenvector, of ascending eigenvalues.
    for (std::size_t d = 0; d < static_cast<std::size_t>(settings_.model.dimensions); ++d)
      std::copy_n(scatter.begin() + static_cast<std::ptrdiff_t>((size - 1 - d) * size), size,
                  map.begin() + static_cast<std::ptrdiff_t>(d * size));
    from_host(weight, map);
  }
  const double distance =
      mean_squared_distance(embedder_.embed(data_, own_), settings_.model.dimensions, comm_);
  require(distance > 0, "the first embedding maps all points of '" + data_.path() + "' to one");
  require(std::isfinite(distance), "distances overflow in the first embedding of '" + data_.path() +
                                       "': its features are too large");
  for (auto& value : map) value *= settings_.model.spread / std::sqrt(distance);
  // The same bits on every rank.
  comm_.broadcast(map.data(), static_cast<std::int64_t>(map.size()));
  from_host(weight, map);
}

std::vector<double> EmbeddingTrainer::sides_of(const std::vector<std::int64_t>& points) const {
  std::vector<double> sides;
  for (const std::int64_t point : points) {
    if (cost_ == PairCost::same_label) {
      sides.push_back(data_.labels()[static_cast<std::size_t>(point)]);
    } else {
      const auto begin = data_.targets().begin() + point * data_.target_dimensions();
      sides.insert(sides.end(), begin, begin + data_.target_dimensions());
    }
  }
  return sides;
}

// The network runs unit by unit, the objective on all embeddings, then the network again,
// backwards: memory is that of one unit.
double EmbeddingTrainer::objective_of(
    const std::vector<std::int64_t>& own, const RandomKey& key,
    const std::function<void(Execution&, const Execution::Seeds&, bool)>& backward) {
  const Value output = graph().output("embedding");
  const auto units = embedder_.units(own);
  const auto d = embedder_.dimensions();
  std::vector<double> z;
  for (const auto& unit : units) {
    auto& execution = embedder_.forward(data_, unit, key, Mode::training);
    const auto values = to_host(execution.value(output).as<double>());
    z.insert(z.end(), values.begin(), values.end());
  }
  const auto rows = static_cast<std::int64_t>(own.size());
  const auto sides = sides_of(own);
  const int side_dimensions =
      cost_ == PairCost::same_label ? 1 : static_cast<int>(data_.target_dimensions());
  std::vector<double> groups;
  if (settings_.exclude == "class") {
    for (const std::int64_t point : own)
      groups.push_back(data_.labels()[static_cast<std::size_t>(point)]);
  }
  const NeighbourSoftmax softmax(cost_, z.data(), sides.data(), rows, static_cast<int>(d),
                                 side_dimensions, comm_,
                                 settings_.exclude == "class" ? groups.data() : nullptr);
  std::vector<double> state(3 * own.size());
  const auto total = static_cast<double>(softmax.total());
  const double objective = softmax.objective(state.data()) / total;
  if (!backward) return objective;
  std::vector<double> gradient(z.size());
  softmax.gradient(state.data(), 1 / total, gradient.data(), nullptr);
  auto from = gradient.begin();
  for (std::size_t u = 0; u < units.size(); ++u) {
    const auto count = static_cast<std::int64_t>(units[u].size());
    auto& execution = embedder_.graph().plan({embedding_input(settings_, data_.extents(), count)},
                                             Mode::training);
    if (units.size() > 1) embedder_.forward(data_, units[u], key, Mode::training);
    Tensor<double> seed({count, d});
    from_host(seed, std::vector<double>(from, from + count * d));
    from += count * d;
    backward(execution, {{output, seed}}, u + 1 == units.size());
  }
  return objective;
}

double EmbeddingTrainer::evaluate(bool gradient) {
  const RandomKey key{static_cast<std::uint32_t>(settings_.seed), RandomPurpose::dropout, 0, 0, 0};
  if (!gradient) return objective_of(own_, key, {});
  exchange_.begin();
  const double objective =
      objective_of(own_, key, [&](Execution& execution, const Execution::Seeds& seeds, bool last) {
        execution.backward(seeds);
        for (const auto& parameter : graph().parameters())
          last ? exchange_.add_last(*parameter) : exchange_.add(*parameter);
      });
  exchange_.finish(1);
  return objective;
}

EmbeddingScore EmbeddingTrainer::score() {
  const auto rows = static_cast<std::int64_t>(own_.size());
  const auto d = static_cast<int>(embedder_.dimensions());
  const auto own = embedder_.embed(data_, own_);
  const auto all = gather_embedding(own, rows, d, comm_);
  const std::int64_t k = settings_.score_neighbours;
  const auto nearest =
      nearest_neighbours({own.data(), rows, d}, {all.rows.data(), data_.size(), d}, k, own_);
  return score_neighbours(data_, data_, own_, nearest, k, k, false, comm_);
}

std::int64_t EmbeddingTrainer::steps_per_epoch() const {
  return settings_.method == "sgd" ? (data_.size() + settings_.batch - 1) / settings_.batch : 1;
}

std::int64_t EmbeddingTrainer::total_steps() const {
  return settings_.method == "sgd" ? steps_per_epoch() * settings_.epochs : settings_.iterations;
}

EmbeddingStep EmbeddingTrainer::step(bool stop_requested) {
  const std::int64_t epoch = step_ / steps_per_epoch();
  const auto order = epoch_order(data_.size(), settings_.seed, epoch);
  const auto begin = step_ % steps_per_epoch() * settings_.batch;
  const auto end = std::min(begin + settings_.batch, data_.size());
  const std::vector<std::int64_t> batch(order.begin() + begin, order.begin() + end);
  descent_.begin();
  EmbeddingStep result;
  result.objective = objective_of(
      share(batch, comm_),
      RandomKey{static_cast<std::uint32_t>(settings_.seed), RandomPurpose::dropout,
                static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(begin), 0},
      [&](Execution& execution, const Execution::Seeds& seeds, bool last) {
        descent_.backward(execution, seeds, last);
      });
  const auto descended =
      descent_.finish(1, static_cast<double>(step_ + 1) / static_cast<double>(steps_per_epoch()));
  ++step_;
  result.gradient_norm = descended.gradient_norm;
  result.step_length = descended.learning_rate;
  result.stop_requested = comm_.max(stop_requested ? 1 : 0) > 0;
  return result;
}

BatchMinimizer::Outcome EmbeddingTrainer::minimize(
    const std::function<bool(const EmbeddingStep&, bool)>& watch) {
  BatchMinimizerSettings settings;
  settings.method = settings_.method;
  settings.restart = settings_.restart;
  settings.gradient_tolerance = settings_.tolerance;
  BatchMinimizer minimizer(graph().parameters(), settings, comm_);
  return minimizer.minimize(
      step_, settings_.iterations, [&] { return evaluate(true); },
      [&](const BatchMinimizer::Iteration& i) {
        step_ = i.number;
        return watch({i.objective, i.gradient_norm, i.step_length, false}, i.restarts);
      });
}

Checkpoint EmbeddingTrainer::checkpoint(const std::string& configuration) const {
  Checkpoint result;
  result.step = step_;
  result.model = embedding_signature(settings_, data_.extents());
  result.configuration = configuration;
  descent_.save(result);
  embedder_.save(result);
  return result;
}

void EmbeddingTrainer::restore(const Checkpoint& checkpoint, const std::string& path) {
  descent_.restore(checkpoint, "checkpoint '" + path + "'");
  embedder_.restore(checkpoint, path);
  step_ = checkpoint.step;
}

}  // namespace eigenprop
