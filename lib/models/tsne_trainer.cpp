#include "models/tsne_trainer.hpp"

#include <algorithm>

#include "data/sampling.hpp"
#include "models/embedding_scores.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

constexpr const char* parameter_name = "embedding";
constexpr double first_deviation = 1e-4;
// Relative to features: less is rounding.
constexpr double smallest_deviation = 1e-14;
constexpr std::int64_t steps_between_checks = 50;
constexpr double least_rate = 50, gain_rise = 0.2, gain_fall = 0.8, least_gain = 0.01;

Affinities affinities_of(const TsneSettings& s, const std::vector<double>& features,
                         std::int64_t rows, std::int64_t width, const Communicator& comm) {
  AffinitySettings settings;
  settings.perplexity = s.perplexity;
  settings.exact = s.affinities == "exact";
  return neighbour_affinities(features.data(), rows, static_cast<int>(width), settings, comm);
}

}  // namespace

void declare_tsne_options(CommandLine& line, TsneSettings& s) {
  line.choice("model.kind", s.kind, {"tsne", "ssne"}, "t-SNE, or symmetric SNE");
  line.option("model.dimensions", s.dimensions, "Dimensions of the embedding");
  line.option("model.perplexity", s.perplexity,
              "Effective number of neighbours: more than 1, less than (points - 1)/3");
  line.choice("model.affinities", s.affinities, {"nearest", "exact"},
              "P of the 3 perplexity nearest neighbours, or of all pairs: N² / ranks numbers");
  line.choice("model.initial", s.initial, {"pca", "random"},
              "First places: principal components, or normal random numbers");
  line.option("train.iterations", s.iterations, "Steps of gradient descent");
  line.option("train.exaggeration", s.exaggeration, "Factor of P at first");
  line.option("train.exaggeration_iterations", s.exaggeration_iterations, "Steps with that factor");
  line.option("train.rate", s.rate,
              "Learning rate; 0: points / (4 exaggeration), of t-SNE 50 at least");
  line.option("train.early_momentum", s.early_momentum, "Momentum while P is exaggerated");
  line.option("train.momentum", s.momentum, "Momentum afterwards");
  line.option("train.tolerance", s.tolerance, "Norm of gradient times gains that is enough");
  line.option("train.seed", s.seed, "Determines random first places");
}

void check_tsne_settings(const TsneSettings& s) {
  const auto check = [](bool condition, const char* message) {
    if (!condition) throw ConfigurationError(message);
  };
  check(s.dimensions > 0, "model.dimensions must be positive");
  check(s.perplexity > 1 && std::isfinite(s.perplexity), "model.perplexity must exceed 1");
  check(s.iterations >= 0 && s.exaggeration_iterations >= 0,
        "train.iterations and train.exaggeration_iterations must not be negative");
  check(s.exaggeration >= 1 && std::isfinite(s.exaggeration),
        "train.exaggeration must be 1 or more");
  check(s.rate >= 0 && std::isfinite(s.rate), "train.rate must be positive, or 0");
  check(s.early_momentum >= 0 && s.early_momentum < 1 && s.momentum >= 0 && s.momentum < 1,
        "train.early_momentum and train.momentum must be at least 0 and less than 1");
  check(s.tolerance >= 0, "train.tolerance must not be negative");
  check(s.seed >= 0 && s.seed < (std::int64_t{1} << 32), "train.seed must fit 32 bits");
}

TsneTrainer::TsneTrainer(const TsneSettings& settings, const PointDataset& data,
                         const Communicator& comm)
    : settings_(settings),
      comm_(comm.get()),
      total_(data.size()),
      graph_(static_cast<std::uint32_t>(settings.seed)) {
  signature_ = settings.kind + ", " + std::to_string(total_) + " points, " +
               std::to_string(settings.dimensions) + " dimensions";
  const auto own = items_of(total_, comm_.rank(), comm_.size());
  const auto rows = static_cast<std::int64_t>(own.size());
  const auto features = data.features(own);
  graph_.parameter(parameter_name, {{total_, settings.dimensions}, Precision::f64},
                   {Initializer::Kind::normal, first_deviation});
  objective_ = std::make_unique<NeighbourEmbedding>(
      settings.kind == "tsne" ? EmbeddingKind::tsne : EmbeddingKind::ssne,
      affinities_of(settings, features, rows, data.extents().size(), comm_),
      static_cast<int>(settings.dimensions), comm_);
  if (settings.initial == "pca") set_principal_components(features);
  // Of a point: its place, the square of its gradient, and whether to stop.
  gather_step_.emplace(rows, static_cast<int>(settings.dimensions) + 2, comm_);
  velocity_.assign(index(rows * settings.dimensions), 0.0);
  gain_.assign(velocity_.size(), 1.0);
}

// The first of them has a deviation of 1e-4.
void TsneTrainer::set_principal_components(const std::vector<double>& features) {
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
  from_host(graph_.parameters().find(parameter_name)->value.as<double>(), places);
}

double TsneTrainer::rate() const {
  if (settings_.rate > 0) return settings_.rate;
  const double rate = static_cast<double>(total_) / settings_.exaggeration / 4;
  return settings_.kind == "tsne" ? std::max(rate, least_rate) : rate;
}

std::vector<double> TsneTrainer::embedding() const {
  return to_host(graph_.parameters().find(parameter_name)->value.as<double>());
}

std::vector<double> TsneTrainer::own_rows() const {
  const auto all = embedding();
  const auto begin = all.begin() + affinities().first * settings_.dimensions;
  return {begin, begin + affinities().rows * settings_.dimensions};
}

TsneStep TsneTrainer::step(bool stop_requested) {
  const bool early = step_ < settings_.exaggeration_iterations;
  if (step_ == settings_.exaggeration_iterations) {
    std::fill(velocity_.begin(), velocity_.end(), 0.0);
    std::fill(gain_.begin(), gain_.end(), 1.0);
  }
  const bool check = (step_ + 1) % steps_between_checks == 0;
  const auto rows = own_rows();
  const double factor = early ? settings_.exaggeration : 1;
  std::vector<double> gradient(rows.size());
  TsneStep result;
  if (check) {
    result.divergence = objective_->divergence(rows.data(), factor, gradient.data());
  } else {
    objective_->gradient(rows.data(), factor, gradient.data());
  }
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    gain_[i] = velocity_[i] * gradient[i] < 0 ? gain_[i] + gain_rise : gain_[i] * gain_fall;
    gain_[i] = std::max(gain_[i], least_gain);
    gradient[i] *= gain_[i];
  }
  move(rows, gradient, early ? settings_.early_momentum : settings_.momentum, stop_requested,
       result);
  ++step_;
  converged_ = check && !early && result.gradient_norm <= settings_.tolerance;
  return result;
}

// One exchange brings all that ranks must know of each other after a step; a request to stop is
// heard on ranks that have points.
void TsneTrainer::move(const std::vector<double>& rows, const std::vector<double>& gradient,
                       double momentum, bool stop_requested, TsneStep& result) {
  const double rate = this->rate();
  const auto d = index(settings_.dimensions);
  std::vector<double> own;
  for (std::size_t i = 0; i < rows.size(); i += d) {
    double squares = 0;
    for (std::size_t k = i; k < i + d; ++k) {
      velocity_[k] = momentum * velocity_[k] - rate * gradient[k];
      own.push_back(rows[k] + velocity_[k]);
      squares += gradient[k] * gradient[k];
    }
    own.insert(own.end(), {squares, stop_requested ? 1.0 : 0.0});
  }
  const auto all = gather_step_->forward(own);
  std::vector<double> places;
  double squares = 0;
  for (auto point = all.begin(); point != all.end(); point += settings_.dimensions + 2) {
    const auto end = point + settings_.dimensions;
    places.insert(places.end(), point, end);
    squares += end[0];
    result.stop_requested = result.stop_requested || end[1] > 0;
  }
  result.gradient_norm = std::sqrt(squares);
  from_host(graph_.parameters().find(parameter_name)->value.as<double>(), places);
}

double TsneTrainer::divergence() { return objective_->divergence(own_rows().data()); }

Checkpoint TsneTrainer::checkpoint(const std::string& configuration) const {
  Checkpoint result;
  result.step = step_;
  result.model = signature_;
  result.configuration = configuration;
  result.parameters = parameter_values(graph_.parameters());
  const AllGatherRows gather(affinities().rows, static_cast<int>(settings_.dimensions), comm_);
  const auto slot = [&](const std::vector<double>& own) {
    Tensor<double> all({total_, settings_.dimensions});
    from_host(all, gather.forward(own));
    return all;
  };
  result.optimizer["velocity"][parameter_name] = slot(velocity_);
  result.optimizer["gain"][parameter_name] = slot(gain_);
  Tensor<double> converged({1});
  from_host(converged, {converged_ ? 1.0 : 0.0});
  result.results["converged"] = converged;
  return result;
}

void TsneTrainer::restore(const Checkpoint& checkpoint, const std::string& path) {
  const std::string what = "checkpoint '" + path + "'";
  require(checkpoint.model == signature_,
          what + " is of another model: " + checkpoint.model + ", not " + signature_);
  load_parameters(checkpoint.parameters, graph_.parameters(), what);
  const auto bring = [&](const std::string& slot, std::vector<double>& own) {
    const auto found = checkpoint.optimizer.find(slot);
    require(found != checkpoint.optimizer.end() && found->second.count(parameter_name) == 1,
            what + " lacks the " + slot + " of '" + parameter_name + "'");
    const auto& tensor = found->second.at(parameter_name);
    require(tensor.shape() == Shape{total_, settings_.dimensions},
            what + " holds a " + slot + " of another shape");
    const auto all = to_host(tensor.as<double>());
    std::copy_n(all.begin() + affinities().first * settings_.dimensions, own.size(), own.begin());
  };
  bring("velocity", velocity_);
  bring("gain", gain_);
  const auto converged = checkpoint.results.find("converged");
  require(converged != checkpoint.results.end(), what + " does not say whether it has converged");
  converged_ = to_host(converged->second.as<double>())[0] > 0;
  step_ = checkpoint.step;
}

}  // namespace eigenprop
