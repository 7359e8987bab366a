#include "training/ncuts_problem.hpp"

#include <algorithm>
#include <cstdio>

#include "cuts/pixel_grid.hpp"
#include "models/ncuts_inference.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "training/checked_forward.hpp"

namespace eigenprop {
namespace {

NormalizedCutsSettings objective_of(const NCutsTrainingSettings& settings) {
  require(settings.kind == "j1" || settings.kind == "j2",
          "objective '" + settings.kind + "' is neither j1 nor j2");
  auto objective = settings.objective;
  objective.objective = settings.kind == "j1" ? AlignmentObjective::j1 : AlignmentObjective::j2;
  return objective;
}

}  // namespace

NCutsProblem::NCutsProblem(const NCutsTrainingSettings& settings, const SegmentationDataset& data,
                           double metric_ridge, const Communicator& comm)
    : settings_(settings),
      data_(data),
      views_(settings, data),
      metric_ridge_(metric_ridge),
      comm_(comm.get()),
      group_(settings.ranks_per_image, comm_),
      graph_(build()) {
  require(settings.weighting == "segments" || settings.weighting == "none",
          "weighting '" + settings.weighting + "' is neither segments nor none");
}

Graph NCutsProblem::build() const {
  const auto seed = static_cast<std::uint32_t>(settings_.solver.seed);
  if (settings_.has_graph())
    return build_graph_cuts_network(complete_model(settings_), settings_.graph,
                                    {group_.shared(), report_}, seed);
  auto objective = objective_of(settings_);
  objective.comm = group_.shared();
  return build_ncuts_network(complete_model(settings_), objective, seed);
}

std::string NCutsProblem::signature() const {
  const auto model = complete_model(settings_);
  return settings_.has_graph() ? graph_cuts_signature(model, settings_.graph)
                               : model_signature(model);
}

/// What adds up over images and ranks.
struct NCutsProblem::Sums {
  double objective = 0, weighted = 0, stopped = 0;
  double vectors = 0;   ///< rank of W, or k
  double segments = 0;  ///< mean over an image's annotators
  double bound_holds = 0;
  double gap = 0, products = 0, adjoint_iterations = 0;
  double least_gap = 2, residual = 0, adjoint_residual = 0;  ///< extremes

  void add(const GraphCutsReport& report) {
    gap += report.gap;
    products += report.products;
    adjoint_iterations += report.adjoint_iterations;
    least_gap = std::min(least_gap, report.gap);
    residual = std::max(residual, report.residual);
    adjoint_residual = std::max(adjoint_residual, report.adjoint_residual);
  }

  void over_ranks(const Communicator& comm) {
    double all[] = {objective,   weighted, stopped,  vectors,           segments,
                    bound_holds, gap,      products, adjoint_iterations};
    comm.sum(all, 9);
    objective = all[0];
    weighted = all[1];
    stopped = all[2];
    vectors = all[3];
    segments = all[4];
    bound_holds = all[5];
    gap = all[6];
    products = all[7];
    adjoint_iterations = all[8];
  }
  void extremes_over_ranks(const Communicator& comm) {
    double all[] = {-least_gap, residual, adjoint_residual};
    comm.max(all, 3);
    least_gap = -all[0];
    residual = all[1];
    adjoint_residual = all[2];
  }
};

NCutsProblem::Unit NCutsProblem::prepare(std::int64_t epoch, std::int64_t sample) const {
  const auto view = views_.random(graph_, epoch, sample);
  Unit unit;
  unit.image = view.image;
  const auto people = static_cast<std::int64_t>(view.maps.size());
  const int height = view.maps[0].height, width = view.maps[0].width;
  const auto& sharing = group_.comm();
  const LineRange own = PixelGrid(height, width, sharing.rank(), sharing.size()).own();
  std::vector<std::int32_t> labels;
  double segments = 0;
  for (const auto& map : view.maps) {
    labels.insert(labels.end(), map.labels.begin() + own.first * width,
                  map.labels.begin() + own.end() * width);
    segments += map.segments;
  }
  Tensor<std::int32_t> label_tensor({people, own.count * width}, "labels");
  from_host(label_tensor, labels);
  unit.labels = label_tensor;
  if (settings_.weighting == "segments") unit.weight = static_cast<double>(people) / segments;
  return unit;
}

Execution& NCutsProblem::run(const Unit& unit, std::int64_t epoch, std::int64_t sample,
                             GradientSum* gradient, bool last) {
  auto& execution = graph_.plan({{unit.image.shape(), unit.image.precision()},
                                 {unit.labels.shape(), unit.labels.precision()}},
                                Mode::training);
  copy(execution.input(0), unit.image);
  copy(execution.input(1), unit.labels);
  Tensor<double> seed({1});
  // The seeds of those who share an image add up.
  from_host(seed, {group_.is_root() ? unit.weight : 0.0});
  const Value objective = graph_.output("objective");
  try {
    checked_forward(
        execution, objective,
        RandomKey{static_cast<std::uint32_t>(settings_.solver.seed), RandomPurpose::dropout,
                  static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(sample), 0});
    if (gradient) gradient->add(execution, {{objective, seed}}, last);
  } catch (const Error&) {
    rethrow_with_prefix("image '" + data_[sample].name + "': ");
  }
  return execution;
}

Measures NCutsProblem::evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) {
  const auto count = static_cast<std::int64_t>(batch.samples.size());
  const auto [first, last] = group_.share(count);
  Sums sums;
  for (std::int64_t i = first; i < last; ++i) {
    bool stopped = stop && stop->heard();
    if (const auto* shared = group_.shared()) stopped = shared->max(stopped ? 1 : 0) > 0;
    if (stopped) {
      sums.stopped = 1;
      break;
    }
    const std::int64_t sample = batch.samples[index(i)];
    const auto unit = prepare(batch.epoch, sample);
    const auto& execution = run(unit, batch.epoch, sample, gradient, i + 1 == last);
    // One of those who share the image speaks for all.
    if (!group_.is_root()) continue;
    const auto statistics =
        to_host(execution.value(graph_.output("statistics")).as<std::int32_t>());
    const double value = to_host(execution.value(graph_.output("objective")).as<double>())[0];
    sums.objective += value;
    sums.weighted += unit.weight * value;
    sums.vectors += statistics[0];
    sums.segments +=
        static_cast<double>(statistics[1]) / static_cast<double>(unit.labels.shape()[0]);
    if (settings_.has_graph()) {
      sums.add(*report_);
    } else {
      sums.bound_holds += statistics[2];
    }
  }
  sums.over_ranks(comm_);
  if (sums.stopped > 0) throw Interrupted();
  const auto images = static_cast<double>(count);
  Measures result;
  result.objective = sums.weighted / images;
  result.gradient_scale = 1 / images;
  // Told without the images' weights, as the paper has it.
  result.columns = {{"objective", sums.objective / images}, {"rank_e", sums.segments / images}};
  char note[96];
  if (settings_.has_graph()) {
    sums.extremes_over_ranks(comm_);
    result.columns.insert({{"vectors", sums.vectors / images},
                           {"gap", sums.gap / images},
                           {"least_gap", sums.least_gap},
                           {"residual", sums.residual},
                           {"products", sums.products / images},
                           {"adjoint_iterations", sums.adjoint_iterations / images},
                           {"adjoint_residual", sums.adjoint_residual}});
    std::snprintf(note, sizeof note, "J %.3f  k %.1f  gap %.1e  rank E %.1f",
                  sums.objective / images, sums.vectors / images, sums.gap / images,
                  sums.segments / images);
  } else {
    result.columns.insert(
        {{"rank_w", sums.vectors / images}, {"bound_holds", sums.bound_holds / images}});
    std::snprintf(note, sizeof note, "J %.3f  rank W %.1f  rank E %.1f", sums.objective / images,
                  sums.vectors / images, sums.segments / images);
  }
  result.note = note;
  return result;
}

void NCutsProblem::complete(Checkpoint& checkpoint, StopNotice* stop) {
  NCutsFeatures features(settings_, checkpoint.parameters, "the trained model");
  const auto metric =
      fit_metric(features, data_, metric_ridge_, comm_, [&] { return stop && stop->heard(); });
  if (metric.empty()) throw Interrupted();
  Tensor<double> lambda({settings_.model.features, settings_.model.features});
  from_host(lambda, metric);
  checkpoint.results["metric"] = lambda;
}

}  // namespace eigenprop
