#include "training/dictionary_problem.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "data/sampling.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

// Points tried for a new atom: zero points make none.
constexpr std::uint32_t draws_of_atom = 64;

Tensor<double> number(double value) {
  Tensor<double> tensor({1});
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
struct DictionaryProblem::Sums {
  double objective = 0, reconstruction = 0, active = 0, unfinished = 0, penalty = 0, stopped = 0;
  std::vector<double> usage;  ///< (atoms)

  explicit Sums(std::int64_t atoms) : usage(index(atoms), 0.0) {}

  void watch_usage(const std::vector<double>& codes) {
    for (std::size_t i = 0; i < codes.size(); ++i) usage[i % usage.size()] += codes[i] * codes[i];
  }

  void over_ranks(const Communicator& comm) {
    std::vector<double> all = {objective, reconstruction, active, unfinished, penalty, stopped};
    const auto numbers = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), usage.begin(), usage.end());
    comm.sum(all.data(), static_cast<std::int64_t>(all.size()));
    objective = all[0];
    reconstruction = all[1];
    active = all[2];
    unfinished = all[3];
    penalty = all[4];
    stopped = all[5];
    std::copy(all.begin() + numbers, all.end(), usage.begin());
    if (stopped > 0) throw Interrupted();
  }
};

DictionaryProblem::DictionaryProblem(const DictionarySettings& settings, const PointDataset& data,
                                     const PointDataset* validation, const Communicator& comm)
    : settings_(settings),
      objective_(make_dictionary_objective(settings)),
      data_(data),
      validation_(validation),
      comm_(comm.get()),
      features_(data.extents().size()),
      graph_(build_dictionary(settings, features_)),
      usage_({settings.model.atoms}) {
  require(!validation || validation->extents().size() == features_,
          "points of '" + (validation ? validation->path() : "") + "' have " +
              std::to_string(validation ? validation->extents().size() : 0) +
              " features, the model takes " + std::to_string(features_));
  if (objective_->has_codes()) {
    if (settings.model.initial == "points") set_first_atoms();
    project();
  }
}

std::vector<DictionaryProblem::Points> DictionaryProblem::own_units(const Points& points) const {
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
Execution& DictionaryProblem::load(const PointDataset& data, const Points& unit) {
  const auto n = static_cast<std::int64_t>(unit.size());
  auto& execution = graph_.plan(objective_->inputs(features_, n), Mode::training);
  from_host(execution.input(0).as<double>(), data.features(unit));
  objective_->load_constants(execution);
  return execution;
}

namespace {

Codes find_codes(CodeSearch& search, Execution& execution, const PointDataset& data,
                 const std::vector<std::int64_t>& unit, StopNotice* stop) {
  try {
    return search.find(execution, [&] { return stop && stop->heard(); });
  } catch (const Error& error) {
    const std::int64_t sample = error.sample();
    if (sample < 0 || sample >= static_cast<std::int64_t>(unit.size())) throw;
    const std::int64_t point = unit[static_cast<std::size_t>(sample)];
    rethrow_with_prefix("point " + std::to_string(point) + " of '" + data.path() + "': ", point);
  }
}

}  // namespace

/// `first`: of all ranks' units, the one that counts the penalty.
void DictionaryProblem::forward(const PointDataset& data, const Points& unit, Execution& execution,
                                const Codes& codes, bool first, Sums& sums) {
  if (!codes.values.empty()) from_host(execution.input(1).as<double>(), codes.values);
  for (const double s : codes.values) sums.active += s != 0 ? 1 : 0;
  sums.unfinished += codes.unfinished;
  execution.forward({});
  const double objective =
      number_of(execution, graph_.output("objective")) + objective_->added_objective(codes.values);
  if (!std::isfinite(objective)) {
    throw NonFiniteError("the objective is not finite at points " + std::to_string(unit.front()) +
                         " to " + std::to_string(unit.back()) + " of '" + data.path() + "'");
  }
  sums.objective += objective;
  sums.reconstruction += number_of(execution, graph_.output("reconstruction"));
  if (first) sums.penalty = number_of(execution, graph_.output("penalty"));
}

/// Sums over these points of all ranks. Codes are searched, but where they are kept.
DictionaryProblem::Sums DictionaryProblem::add_up(const PointDataset& data, const Points& points,
                                                  GradientSum* gradient, StopNotice* stop) {
  const double weight = 1 / static_cast<double>(points.size());
  const auto units = own_units(points);
  const auto search = kept_codes_ ? nullptr : objective_->code_search(graph_);
  Sums sums(settings_.model.atoms);
  for (std::size_t u = 0; u < units.size(); ++u) {
    if (stop && stop->heard()) {
      sums.stopped = 1;
      break;
    }
    auto& execution = load(data, units[u]);
    Codes codes;
    if (search) {
      codes = find_codes(*search, execution, data, units[u], stop);
      // Perhaps within the search.
      if (stop && stop->heard()) {
        sums.stopped = 1;
        break;
      }
    }
    const Codes& used = kept_codes_ ? (*kept_codes_)[u] : codes;
    sums.watch_usage(used.values);
    const bool first = units[u].front() == points.front();
    forward(data, units[u], execution, used, first, sums);
    if (!gradient) continue;
    // The penalty always is among the seeds, so that the plan of the backward pass stays the same.
    gradient->add(execution,
                  {{graph_.output("objective"), number(weight)},
                   {graph_.output("penalty"), number(first ? 1 : 0)}},
                  u + 1 == units.size());
  }
  sums.over_ranks(comm_);
  return sums;
}

Measures DictionaryProblem::evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) {
  const auto sums = add_up(data_, batch.samples, gradient, stop);
  const auto count = static_cast<double>(batch.samples.size());
  usage_of_step_ = sums.usage;
  Measures result;
  result.objective = sums.objective / count + sums.penalty;
  result.columns = {{"reconstruction", sums.reconstruction / count},
                    {"active", sums.active / (count * static_cast<double>(settings_.model.atoms))},
                    {"unfinished", sums.unfinished},
                    {"replaced", 0}};
  char note[80];
  std::snprintf(note, sizeof note, "objective %.4f  reconstruction %.4f", result.objective,
                sums.reconstruction / count);
  result.note = note;
  return result;
}

void DictionaryProblem::stepped(const Batch&, const Moment& moment, Measures& measures) {
  if (!objective_->has_codes()) return;
  project();
  auto usage = to_host(usage_);
  for (std::size_t i = 0; i < usage.size(); ++i) usage[i] += usage_of_step_[i];
  from_host(usage_, usage);
  if (moment.ends_epoch)
    replace_unused(static_cast<std::uint32_t>(std::llround(moment.epoch)), measures.columns);
}

std::map<std::string, double> DictionaryProblem::search_unknowns(std::int64_t step,
                                                                 StopNotice* stop) {
  Sums sums(settings_.model.atoms);
  std::vector<Codes> found;
  const auto search = objective_->code_search(graph_);
  for (const auto& unit : own_units(all_points(data_))) {
    if (stop && stop->heard()) break;
    found.push_back(find_codes(*search, load(data_, unit), data_, unit, stop));
    sums.watch_usage(found.back().values);
    sums.unfinished += found.back().unfinished;
  }
  // Perhaps within the last search.
  if (stop && stop->heard()) sums.stopped = 1;
  sums.over_ranks(comm_);
  from_host(usage_, sums.usage);
  std::map<std::string, double> columns = {{"unfinished", sums.unfinished}};
  replace_unused(static_cast<std::uint32_t>(step), columns);
  kept_codes_ = std::move(found);
  return columns;
}

Score DictionaryProblem::score(const Moment&, StopNotice* stop) {
  const auto sums = add_up(*validation_, all_points(*validation_), nullptr, stop);
  const auto count = static_cast<double>(validation_->size());
  return Score{{{"objective", sums.objective / count + sums.penalty},
                {"reconstruction", sums.reconstruction / count},
                {"active", sums.active / (count * static_cast<double>(settings_.model.atoms))}},
               ""};
}

std::vector<double> DictionaryProblem::random_atom(std::uint32_t round, std::int64_t atom) const {
  const RandomStream stream({static_cast<std::uint32_t>(settings_.solver.seed),
                             RandomPurpose::atoms, round, static_cast<std::uint32_t>(atom), 0});
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

void DictionaryProblem::set_first_atoms() {
  std::vector<double> atoms;
  for (std::int64_t atom = 0; atom < settings_.model.atoms; ++atom) {
    const auto values = random_atom(0, atom);
    atoms.insert(atoms.end(), values.begin(), values.end());
  }
  from_host(graph_.parameters().find("dictionary")->value.as<double>(), atoms);
}

/// Atoms longer than 1 to norm 1.
void DictionaryProblem::project() {
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

void DictionaryProblem::replace_unused(std::uint32_t round,
                                       std::map<std::string, double>& columns) {
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
  columns["replaced"] = static_cast<double>(replaced);
}

void DictionaryProblem::save(Checkpoint& checkpoint) const { checkpoint.results["usage"] = usage_; }

void DictionaryProblem::restore(const Checkpoint& checkpoint, const std::string& path) {
  const auto found = checkpoint.results.find("usage");
  require(found != checkpoint.results.end() && found->second.shape() == usage_.shape() &&
              found->second.precision() == Precision::f64,
          "checkpoint '" + path + "' does not tell which atoms were used");
  copy(usage_, found->second);
}

}  // namespace eigenprop
