#include "models/dictionary_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "data/sampling.hpp"
#include "graph/execution.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

// Points tried for a new atom: zero points make none.
constexpr std::uint32_t draws_of_atom = 64;

Tensor<double> number(double value) {
  const Tensor<double> tensor({1});
  from_host(tensor, std::vector<double>{value});
  return tensor;
}

double number_of(const Execution& execution, Value value) {
  return to_host(execution.value(value).as<double>())[0];
}

double norm(const double* begin, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += begin[i] * begin[i];
  return std::sqrt(sum);
}

std::vector<std::int64_t> all_points(const PointDataset& data) {
  return items_of(data.size(), 0, 1);
}

}  // namespace

/// What adds up over points and ranks.
struct DictionaryTrainer::Sums {
  double objective = 0, reconstruction = 0, active = 0, unfinished = 0, penalty = 0;
  std::vector<double> usage;

  void over_ranks(const Communicator& comm) {
    std::vector<double> all = {objective, reconstruction, active, unfinished, penalty};
    all.insert(all.end(), usage.begin(), usage.end());
    comm.sum(all.data(), static_cast<std::int64_t>(all.size()));
    objective = all[0];
    reconstruction = all[1];
    active = all[2];
    unfinished = all[3];
    penalty = all[4];
    std::copy(all.begin() + 5, all.end(), usage.begin());
  }
};

DictionaryTrainer::DictionaryTrainer(const DictionarySettings& settings, const PointDataset& data,
                                     const Communicator& comm)
    : settings_(settings),
      data_(data),
      comm_(comm.get()),
      features_(data.extents().size()),
      graph_(build_dictionary(settings, features_)),
      descent_(graph_.parameters(), settings.optimizer, settings.schedule,
               static_cast<double>(settings.epochs), comm),
      exchange_(graph_.parameters(), comm),
      usage_({settings.model.atoms}) {
  if (settings.model.objective == "topographic") groups_ = grouping_matrix(settings.model);
  if (has_codes(settings.model)) {
    if (settings.model.initial == "points") set_first_atoms();
    project();
  }
}

std::int64_t DictionaryTrainer::steps_per_epoch() const {
  return settings_.method == "sgd" ? (data_.size() + settings_.batch - 1) / settings_.batch : 1;
}

std::int64_t DictionaryTrainer::total_steps() const {
  return settings_.method == "sgd" ? steps_per_epoch() * settings_.epochs : settings_.iterations;
}

std::vector<DictionaryTrainer::Points> DictionaryTrainer::own_units(const Points& points) const {
  const auto unit = settings_.unit;
  const auto count = static_cast<std::int64_t>(points.size());
  const auto [first, last] = share_of((count + unit - 1) / unit, comm_.rank(), comm_.size());
  std::vector<Points> units;
  for (std::int64_t u = first; u < last; ++u) {
    units.emplace_back(points.begin() + u * unit, points.begin() + std::min(count, (u + 1) * unit));
  }
  return units;
}

/// Points and constants to the graph.
Execution& DictionaryTrainer::load(const PointDataset& data, const Points& unit) {
  const auto n = static_cast<std::int64_t>(unit.size());
  auto& execution = graph_.plan(dictionary_inputs(settings_.model, features_, n), Mode::training);
  from_host(execution.input(0).as<double>(), data.features(unit));
  if (settings_.model.objective == "topographic")
    from_host(execution.input(2).as<double>(), groups_);
  if (settings_.model.objective == "autoencoder")
    from_host(execution.input(1).as<double>(), std::vector<double>(unit.size(), 1.0));
  return execution;
}

/// For the present dictionary.
std::unique_ptr<const SparseCoder> DictionaryTrainer::coder() {
  if (settings_.model.objective != "sparse") return nullptr;
  SparseCodeSettings search;
  search.sparsity = settings_.model.sparsity;
  search.method = settings_.codes.method == "ista" ? ProximalMethod::ista : ProximalMethod::fista;
  search.iterations = settings_.codes.iterations;
  search.tolerance = settings_.codes.tolerance;
  coded_ = to_host(graph_.parameters().find("dictionary")->value.as<double>());
  return std::make_unique<const SparseCoder>(coded_.data(), settings_.model.atoms, features_,
                                             search);
}

std::vector<double> DictionaryTrainer::search_codes(const SparseCoder* coder, Execution& execution,
                                                    Sums& sums) {
  if (settings_.model.objective == "topographic") return search_smooth_codes(execution);
  if (!coder) return {};
  const auto x = to_host(execution.input(0).as<double>());
  const auto n = static_cast<std::int64_t>(x.size()) / features_;
  std::vector<double> codes(static_cast<std::size_t>(n * settings_.model.atoms), 0.0);
  sums.unfinished += static_cast<double>(coder->solve(x.data(), n, codes.data()).unfinished);
  return codes;
}

std::vector<double> DictionaryTrainer::search_smooth_codes(Execution& execution) {
  const auto input = execution.input(1);
  ParameterSet set;
  const auto codes = set.create("codes", {input.shape(), Precision::f64}, {}, 0);
  const Value objective = graph_.output("objective");
  const Value position = {graph_.inputs()[1]};
  BatchMinimizerSettings search;
  search.method = "lmvm";
  search.restart = settings_.codes.iterations;
  search.gradient_tolerance = settings_.codes.tolerance;
  search.prefix = "codes_";
  // Every rank searches by itself.
  BatchMinimizer minimizer(set, search, Communicator::self());
  Execution::Seeds seeds = {{objective, number(1)}};
  add_penalty(seeds, false);
  minimizer.minimize(
      0, settings_.codes.iterations,
      [&] {
        copy(input, codes->value);
        execution.forward({});
        execution.backward(seeds);
        copy(codes->adjoint, execution.adjoint(position));
        return number_of(execution, objective);
      },
      [](const BatchMinimizer::Iteration&) { return true; });
  return to_host(codes->value.as<double>());
}

// Always among the seeds, so that the plan of the backward pass stays the same.
void DictionaryTrainer::add_penalty(Execution::Seeds& seeds, bool counts) const {
  seeds.emplace_back(graph_.output("penalty"), number(counts ? 1 : 0));
}

/// `first`: of all ranks' units, the one that counts the penalty.
void DictionaryTrainer::forward(Execution& execution, const std::vector<double>& codes,
                                const Points& unit, bool first, Sums& sums) {
  double l1 = 0;
  if (!codes.empty()) from_host(execution.input(1).as<double>(), codes);
  for (const double s : codes) {
    l1 += std::abs(s);
    sums.active += s != 0 ? 1 : 0;
  }
  execution.forward({});
  double objective = number_of(execution, graph_.output("objective"));
  if (settings_.model.objective == "sparse") objective += settings_.model.sparsity * l1;
  if (!std::isfinite(objective)) {
    throw NonFiniteError("the objective is not finite at points " + std::to_string(unit.front()) +
                         " to " + std::to_string(unit.back()) + " of '" + data_.path() + "'");
  }
  sums.objective += objective;
  sums.reconstruction += number_of(execution, graph_.output("reconstruction"));
  if (first) sums.penalty = number_of(execution, graph_.output("penalty"));
}

DictionaryStep DictionaryTrainer::mean(Sums& sums, std::int64_t points) {
  sums.over_ranks(comm_);
  const auto count = static_cast<double>(points);
  DictionaryStep result;
  result.objective = sums.objective / count + sums.penalty;
  result.reconstruction = sums.reconstruction / count;
  result.active = sums.active / (count * static_cast<double>(settings_.model.atoms));
  result.unfinished = std::llround(sums.unfinished);
  return result;
}

void DictionaryTrainer::watch_usage(const std::vector<double>& codes, Sums& sums) const {
  const auto atoms = static_cast<std::size_t>(settings_.model.atoms);
  sums.usage.resize(atoms, 0.0);
  for (std::size_t i = 0; i < codes.size(); ++i) sums.usage[i % atoms] += codes[i] * codes[i];
}

std::vector<double> DictionaryTrainer::random_atom(std::uint32_t round, std::int64_t atom) const {
  const RandomStream stream({static_cast<std::uint32_t>(settings_.seed), RandomPurpose::atoms,
                             round, static_cast<std::uint32_t>(atom), 0});
  for (std::uint32_t draw = 0; draw < draws_of_atom; ++draw) {
    const auto point = stream.integer(draw, static_cast<std::uint32_t>(data_.size()));
    auto values = data_.features({point});
    const double length = norm(values.data(), features_);
    if (!(length > 0)) continue;
    for (auto& value : values) value /= length;
    return values;
  }
  throw InputError("data set '" + data_.path() + "': " + std::to_string(draws_of_atom) +
                   " random points are zero; none can be an atom");
}

void DictionaryTrainer::set_first_atoms() {
  std::vector<double> atoms;
  for (std::int64_t atom = 0; atom < settings_.model.atoms; ++atom) {
    const auto values = random_atom(0, atom);
    atoms.insert(atoms.end(), values.begin(), values.end());
  }
  from_host(graph_.parameters().find("dictionary")->value.as<double>(), atoms);
}

/// Atoms longer than 1 to norm 1.
void DictionaryTrainer::project() {
  if (settings_.model.constraint != "ball") return;
  const auto dictionary = graph_.parameters().find("dictionary")->value.as<double>();
  auto atoms = to_host(dictionary);
  for (std::int64_t atom = 0; atom < settings_.model.atoms; ++atom) {
    double* values = atoms.data() + atom * features_;
    const double length = norm(values, features_);
    if (!(length > 1)) continue;
    for (std::int64_t i = 0; i < features_; ++i) values[i] /= length;
  }
  from_host(dictionary, atoms);
}

std::int64_t DictionaryTrainer::replace_unused(std::uint32_t round) {
  const auto usage = to_host(usage_);
  const auto dictionary = graph_.parameters().find("dictionary")->value.as<double>();
  auto atoms = to_host(dictionary);
  const double typical =
      norm(atoms.data(), dictionary.size()) / std::sqrt(static_cast<double>(usage.size()));
  std::int64_t replaced = 0;
  for (std::size_t atom = 0; atom < usage.size(); ++atom) {
    if (usage[atom] > 0) continue;
    auto values = random_atom(round, static_cast<std::int64_t>(atom));
    for (auto& value : values) value *= typical > 0 ? std::min(typical, 1.0) : 1.0;
    std::copy(values.begin(), values.end(),
              atoms.begin() + static_cast<std::ptrdiff_t>(atom) * features_);
    ++replaced;
  }
  if (replaced > 0) from_host(dictionary, atoms);
  fill_zero(usage_);
  return replaced;
}

DictionaryStep DictionaryTrainer::step(bool stop_requested) {
  const std::int64_t epoch = step_ / steps_per_epoch();
  if (step_ % steps_per_epoch() == 0 || order_.empty())
    order_ = epoch_order(data_.size(), settings_.seed, epoch);
  const auto begin = step_ % steps_per_epoch() * settings_.batch;
  const auto end = std::min(begin + settings_.batch, data_.size());
  const Points batch(order_.begin() + begin, order_.begin() + end);
  const double weight = 1 / static_cast<double>(end - begin);
  const auto units = own_units(batch);
  Sums sums;
  const auto codes_of = coder();
  descent_.begin();
  for (std::size_t u = 0; u < units.size(); ++u) {
    auto& execution = load(data_, units[u]);
    const auto codes = search_codes(codes_of.get(), execution, sums);
    watch_usage(codes, sums);
    const bool first = units[u].front() == batch.front();
    forward(execution, codes, units[u], first, sums);
    Execution::Seeds seeds = {{graph_.output("objective"), number(weight)}};
    add_penalty(seeds, first);
    descent_.backward(execution, seeds, u + 1 == units.size());
  }
  watch_usage({}, sums);
  auto result = mean(sums, end - begin);
  const auto descended =
      descent_.finish(1, static_cast<double>(step_ + 1) / static_cast<double>(steps_per_epoch()));
  result.gradient_norm = descended.gradient_norm;
  result.step_length = descended.learning_rate;
  ++step_;
  if (has_codes(settings_.model)) {
    project();
    auto usage = to_host(usage_);
    for (std::size_t i = 0; i < usage.size(); ++i) usage[i] += sums.usage[i];
    from_host(usage_, usage);
    if (step_ % steps_per_epoch() == 0)
      result.replaced = replace_unused(static_cast<std::uint32_t>(epoch + 1));
  }
  result.stop_requested = comm_.max(stop_requested ? 1 : 0) > 0;
  return result;
}

/// Scores of these units with given codes; leaves the gradient, summed over ranks, in the
/// parameters' adjoints.
DictionaryStep DictionaryTrainer::evaluate_weights(const std::vector<Points>& units,
                                                   const std::vector<std::vector<double>>& codes) {
  const double weight = 1 / static_cast<double>(data_.size());
  Sums sums;
  exchange_.begin();
  for (std::size_t u = 0; u < units.size(); ++u) {
    auto& execution = load(data_, units[u]);
    const bool first = units[u].front() == 0;
    forward(execution, codes.empty() ? std::vector<double>() : codes[u], units[u], first, sums);
    Execution::Seeds seeds = {{graph_.output("objective"), number(weight)}};
    add_penalty(seeds, first);
    execution.backward(seeds);
    for (const auto& parameter : graph_.parameters())
      u + 1 == units.size() ? exchange_.add_last(*parameter) : exchange_.add(*parameter);
  }
  exchange_.finish(1);
  return mean(sums, data_.size());
}

BatchMinimizer::Outcome DictionaryTrainer::minimize(const Watch& watch) {
  BatchMinimizerSettings search;
  search.method = settings_.method;
  search.restart = settings_.restart;
  BatchMinimizer minimizer(graph_.parameters(), search, comm_);
  const auto units = own_units(all_points(data_));
  if (has_codes(settings_.model)) return alternate(minimizer, units, watch);
  DictionaryStep scores;
  return minimizer.minimize(
      step_, settings_.iterations,
      [&] {
        scores = evaluate_weights(units, {});
        return scores.objective;
      },
      [&](const BatchMinimizer::Iteration& iteration) {
        step_ = iteration.number;
        // The last evaluation of a line search is the one that it took.
        scores.objective = iteration.objective;
        scores.gradient_norm = iteration.gradient_norm;
        scores.step_length = iteration.step_length;
        return watch(scores, iteration.restarts);
      });
}

// Codes of all points stay in memory while the dictionary is fitted to them.
BatchMinimizer::Outcome DictionaryTrainer::alternate(BatchMinimizer& minimizer,
                                                     const std::vector<Points>& units,
                                                     const Watch& watch) {
  while (step_ < settings_.iterations) {
    Sums sums;
    std::vector<std::vector<double>> codes;
    const auto codes_of = coder();
    for (const auto& unit : units) {
      codes.push_back(search_codes(codes_of.get(), load(data_, unit), sums));
      watch_usage(codes.back(), sums);
    }
    watch_usage({}, sums);
    sums.over_ranks(comm_);
    from_host(usage_, sums.usage);
    const std::int64_t replaced = replace_unused(static_cast<std::uint32_t>(step_ + 1));
    DictionaryStep scores;
    minimizer.minimize(
        0, settings_.restart,
        [&] {
          scores = evaluate_weights(units, codes);
          return scores.objective;
        },
        [&](const BatchMinimizer::Iteration& iteration) {
          scores.objective = iteration.objective;
          scores.gradient_norm = iteration.gradient_norm;
          scores.step_length = iteration.step_length;
          return true;
        });
    ++step_;
    scores.replaced = replaced;
    scores.unfinished = std::llround(sums.unfinished);
    if (!watch(scores, true)) return BatchMinimizer::Outcome::stopped;
  }
  return BatchMinimizer::Outcome::iterations_done;
}

Checkpoint DictionaryTrainer::checkpoint(const std::string& configuration) const {
  Checkpoint result;
  result.step = step_;
  result.model = dictionary_signature(settings_, features_);
  result.configuration = configuration;
  result.results["usage"] = usage_;
  descent_.save(result);
  return result;
}

void DictionaryTrainer::restore(const Checkpoint& checkpoint, const std::string& path) {
  descent_.restore(checkpoint, "checkpoint '" + path + "'");
  const auto found = checkpoint.results.find("usage");
  require(found != checkpoint.results.end() && found->second.shape() == usage_.shape(),
          "checkpoint '" + path + "' does not tell which atoms were used");
  copy(usage_, found->second);
  step_ = checkpoint.step;
}

DictionaryStep DictionaryTrainer::evaluate(const PointDataset& data) {
  require(data.extents().size() == features_,
          "points of '" + data.path() + "' have " + std::to_string(data.extents().size()) +
              " features, the model takes " + std::to_string(features_));
  Sums sums;
  const auto codes_of = coder();
  for (const auto& unit : own_units(all_points(data))) {
    auto& execution = load(data, unit);
    forward(execution, search_codes(codes_of.get(), execution, sums), unit, unit.front() == 0,
            sums);
  }
  return mean(sums, data.size());
}

}  // namespace eigenprop
