#include "training/embedding_problem.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "data/sampling.hpp"
#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "models/embedding_scores.hpp"
#include "objectives/nearest_neighbours.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

/// The points of this rank's units: whole ones, since the sums within a unit are rounded in the
/// network's precision, and must not depend on the number of ranks.
std::vector<std::int64_t> share(const std::vector<std::int64_t>& points, std::int64_t unit,
                                const Communicator& comm) {
  const auto count = static_cast<std::int64_t>(points.size());
  const auto [first, last] = share_of((count + unit - 1) / unit, comm.rank(), comm.size());
  return {points.begin() + std::min(count, first * unit),
          points.begin() + std::min(count, last * unit)};
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

EmbeddingProblem::EmbeddingProblem(const EmbeddingSettings& settings, const PointDataset& data,
                                   const Communicator& comm)
    : settings_(settings),
      data_(data),
      comm_(comm.get()),
      embedder_(settings, data.extents()),
      cost_(settings.objective == "nca" ? PairCost::same_label : PairCost::squared_distance),
      own_(share(items_of(data.size(), 0, 1), settings.unit, comm)) {
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
void EmbeddingProblem::set_first_map() {
  const auto weight = embedder_.graph().parameters().find("embedding.weight")->value.as<double>();
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

std::vector<double> EmbeddingProblem::sides_of(const std::vector<std::int64_t>& points) const {
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
Measures EmbeddingProblem::evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) {
  const RandomKey key{static_cast<std::uint32_t>(settings_.solver.seed), RandomPurpose::dropout,
                      static_cast<std::uint32_t>(batch.epoch),
                      static_cast<std::uint32_t>(batch.first), 0};
  const auto own = share(batch.samples, settings_.unit, comm_);
  const Value output = embedder_.graph().output("embedding");
  const auto units = embedder_.units(own);
  std::vector<double> z;
  bool stopped = false;
  for (const auto& unit : units) {
    stopped = stop && stop->heard();
    if (stopped) break;
    auto& execution = embedder_.forward(data_, unit, key, Mode::training);
    const auto values = to_host(execution.value(output).as<double>());
    z.insert(z.end(), values.begin(), values.end());
  }
  if (comm_.max(stopped ? 1 : 0) > 0) throw Interrupted();
  const auto rows = static_cast<std::int64_t>(own.size());
  const auto d = embedder_.dimensions();
  const auto sides = sides_of(own);
  const int side_dimensions =
      cost_ == PairCost::same_label ? 1 : static_cast<int>(data_.target_dimensions());
  std::vector<double> groups;
  if (settings_.exclude == "class") {
    for (const std::int64_t point : own) groups.push_back(data_.labels()[index(point)]);
  }
  const NeighbourSoftmax softmax(cost_, z.data(), sides.data(), rows, static_cast<int>(d),
                                 side_dimensions, comm_,
                                 settings_.exclude == "class" ? groups.data() : nullptr);
  std::vector<double> state(3 * own.size());
  const auto total = static_cast<double>(softmax.total());
  Measures result;
  result.objective = softmax.objective(state.data()) / total;
  char note[64];
  std::snprintf(note, sizeof note, "objective %.6f", result.objective);
  result.note = note;
  if (!gradient) return result;
  std::vector<double> adjoint(z.size());
  softmax.gradient(state.data(), 1 / total, adjoint.data(), nullptr);
  auto from = adjoint.begin();
  for (std::size_t u = 0; u < units.size(); ++u) {
    const auto count = static_cast<std::int64_t>(units[u].size());
    auto& execution = embedder_.graph().plan({embedding_input(settings_, data_.extents(), count)},
                                             Mode::training);
    if (units.size() > 1) embedder_.forward(data_, units[u], key, Mode::training);
    Tensor<double> seed({count, d});
    from_host(seed, std::vector<double>(from, from + count * d));
    from += count * d;
    gradient->add(execution, {{output, seed}}, u + 1 == units.size());
  }
  return result;
}

bool EmbeddingProblem::scores_at(const Moment& moment) const {
  return settings_.score_steps > 0 && moment.step % settings_.score_steps == 0;
}

Score EmbeddingProblem::score(const Moment& moment, StopNotice*) {
  const auto rows = static_cast<std::int64_t>(own_.size());
  const auto d = static_cast<int>(embedder_.dimensions());
  const auto own = embedder_.embed(data_, own_);
  const auto all = gather_embedding(own, rows, d, comm_);
  const std::int64_t k = settings_.score_neighbours;
  const auto nearest =
      nearest_neighbours({own.data(), rows, d}, {all.rows.data(), data_.size(), d}, k, own_);
  const auto errors = score_neighbours(data_, data_, own_, nearest, k, k, false, comm_);
  char text[128];
  std::snprintf(text, sizeof text, "step %lld: classification error %.4f, regression error %.4f",
                static_cast<long long>(moment.step), errors.classification, errors.regression);
  return Score{{{"neighbours", static_cast<double>(errors.neighbours)},
                {"classification_error", errors.classification},
                {"regression_error", errors.regression}},
               text};
}

}  // namespace eigenprop
