#include "training/ncuts_problem.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cuts/pixel_grid.hpp"
#include "evaluation/region_scores.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "training/checked_forward.hpp"

namespace eigenprop {

NCutsProblem::NCutsProblem(const NCutsTrainingSettings& settings, const SegmentationDataset& data,
                           const NCutsScoring& scoring, double metric_ridge,
                           const Communicator& comm)
    : settings_(settings),
      data_(data),
      views_(settings, data),
      scoring_(scoring),
      metric_ridge_(metric_ridge),
      comm_(comm.get()),
      group_(settings.ranks_per_image, comm_),
      graph_(build()) {
  require(settings.weighting == "segments" || settings.weighting == "none",
          "weighting '" + settings.weighting + "' is neither segments nor none");
  require(!scoring.test || !settings.has_graph(),
          "an affinity graph is not scored while it is trained");
  if (scoring.test) SegmentationViews(settings, *scoring.test);
}

Graph NCutsProblem::build() const {
  const auto seed = static_cast<std::uint32_t>(settings_.solver.seed);
  if (settings_.has_graph())
    return build_graph_cuts_network(complete_model(settings_), settings_.graph,
                                    {group_.shared(), report_}, seed);
  auto objective = alignment_of(settings_);
  objective.comm = group_.shared();
  objective.report = alignment_;
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
  double effective_rank = 0, projector_objective = 0;
  double covering_best = 0, covering_average = 0;
  double rank_covering_best = 0, rank_covering_average = 0, rank_segments = 0;
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
    double* const own[] = {&objective,
                           &weighted,
                           &stopped,
                           &vectors,
                           &segments,
                           &bound_holds,
                           &effective_rank,
                           &projector_objective,
                           &covering_best,
                           &covering_average,
                           &rank_covering_best,
                           &rank_covering_average,
                           &rank_segments,
                           &gap,
                           &products,
                           &adjoint_iterations};
    std::vector<double> all;
    for (const double* sum : own) all.push_back(*sum);
    comm.sum(all.data(), static_cast<std::int64_t>(all.size()));
    for (std::size_t i = 0; i < all.size(); ++i) *own[i] = all[i];
  }
  void extremes_over_ranks(const Communicator& comm) {
    double all[] = {-least_gap, residual, adjoint_residual};
    comm.max(all, 3);
    least_gap = -all[0];
    residual = all[1];
    adjoint_residual = all[2];
  }
};

bool NCutsProblem::group_hears(StopNotice* stop) const {
  const bool heard = stop && stop->heard();
  const auto* shared = group_.shared();
  return shared ? shared->max(heard ? 1 : 0) > 0 : heard;
}

NCutsProblem::Unit NCutsProblem::prepare(const SegmentationView& view) const {
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

Execution& NCutsProblem::run(const Unit& unit, Mode mode, std::int64_t epoch,
                             const RandomKey& key) {
  const bool has_epsilon = !settings_.has_graph() && settings_.is_regularized();
  std::vector<TensorSpec> inputs = {{unit.image.shape(), unit.image.precision()},
                                    {unit.labels.shape(), unit.labels.precision()}};
  if (has_epsilon) inputs.push_back({{1}, Precision::f64});
  auto& execution = graph_.plan(inputs, mode);
  copy(execution.input(0), unit.image);
  copy(execution.input(1), unit.labels);
  if (has_epsilon) from_host(execution.input(2).as<double>(), {settings_.epsilon_of(epoch)});
  checked_forward(execution, graph_.output("objective"), key);
  return execution;
}

void NCutsProblem::add_statistics(const Unit& unit, const Execution& execution, Sums& sums) const {
  const auto statistics = to_host(execution.value(graph_.output("statistics")).as<std::int32_t>());
  const double value = to_host(execution.value(graph_.output("objective")).as<double>())[0];
  sums.objective += value;
  sums.weighted += unit.weight * value;
  sums.vectors += statistics[0];
  sums.segments += static_cast<double>(statistics[1]) / static_cast<double>(unit.labels.shape()[0]);
  if (settings_.has_graph()) {
    sums.add(*report_);
  } else {
    sums.bound_holds += statistics[2];
    sums.effective_rank += alignment_->effective_rank;
    sums.projector_objective += alignment_->projector_value;
  }
}

std::map<std::string, double> NCutsProblem::columns(const Sums& sums, double images,
                                                    std::int64_t epoch) const {
  std::map<std::string, double> result = {{"objective", sums.objective / images},
                                          {"rank_e", sums.segments / images},
                                          {"rank_w", sums.vectors / images},
                                          {"bound_holds", sums.bound_holds / images}};
  if (settings_.is_regularized()) {
    result.insert({{"epsilon", settings_.epsilon_of(epoch)},
                   {"effective_rank", sums.effective_rank / images},
                   {"projector_objective", sums.projector_objective / images}});
  }
  return result;
}

Measures NCutsProblem::evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) {
  const auto count = static_cast<std::int64_t>(batch.samples.size());
  const auto [first, last] = group_.share(count);
  Sums sums;
  for (std::int64_t i = first; i < last; ++i) {
    if (group_hears(stop)) {
      sums.stopped = 1;
      break;
    }
    const std::int64_t sample = batch.samples[index(i)];
    const RandomKey key{static_cast<std::uint32_t>(settings_.solver.seed), RandomPurpose::dropout,
                        static_cast<std::uint32_t>(batch.epoch), static_cast<std::uint32_t>(sample),
                        0};
    try {
      const auto unit = prepare(views_.random(graph_, batch.epoch, sample));
      auto& execution = run(unit, Mode::training, batch.epoch, key);
      // The seeds of those who share an image add up.
      Tensor<double> seed({1});
      from_host(seed, {group_.is_root() ? unit.weight : 0.0});
      if (gradient) gradient->add(execution, {{graph_.output("objective"), seed}}, i + 1 == last);
      // One of those who share the image speaks for all.
      if (group_.is_root()) add_statistics(unit, execution, sums);
    } catch (const Error&) {
      rethrow_with_prefix("image '" + data_.name(sample) + "': ");
    }
  }
  sums.over_ranks(comm_);
  if (sums.stopped > 0) throw Interrupted();
  const auto images = static_cast<double>(count);
  Measures result;
  result.objective = sums.weighted / images;
  result.gradient_scale = 1 / images;
  // Told without the images' weights, as the paper has it.
  char note[96];
  if (settings_.has_graph()) {
    sums.extremes_over_ranks(comm_);
    result.columns = {{"objective", sums.objective / images},
                      {"rank_e", sums.segments / images},
                      {"vectors", sums.vectors / images},
                      {"gap", sums.gap / images},
                      {"least_gap", sums.least_gap},
                      {"residual", sums.residual},
                      {"products", sums.products / images},
                      {"adjoint_iterations", sums.adjoint_iterations / images},
                      {"adjoint_residual", sums.adjoint_residual}};
    std::snprintf(note, sizeof note, "J %.3f  k %.1f  gap %.1e  rank E %.1f",
                  sums.objective / images, sums.vectors / images, sums.gap / images,
                  sums.segments / images);
  } else {
    result.columns = columns(sums, images, batch.epoch);
    std::snprintf(note, sizeof note, "J %.3f  rank W %.1f  rank E %.1f", sums.objective / images,
                  (settings_.is_regularized() ? sums.effective_rank : sums.vectors) / images,
                  sums.segments / images);
  }
  result.note = note;
  return result;
}

bool NCutsProblem::scores_at(const Moment& moment) const {
  return scoring_.test && moment.ends_epoch &&
         std::llround(moment.epoch) % settings_.score_epochs == 0;
}

std::vector<double> NCutsProblem::metric(NCutsFeatures& features, StopNotice* stop) {
  if (settings_.metric == "trained")
    return metric_of_root(graph_.parameters().find("metric_root")->value.as<double>());
  return fit_metric(features, data_, metric_ridge_, comm_, [&] { return stop && stop->heard(); });
}

Score NCutsProblem::score(const Moment& moment, StopNotice* stop) {
  const auto& test = *scoring_.test;
  NCutsFeatures features(settings_, parameter_values(graph_.parameters()), "the model");
  const auto lambda = metric(features, stop);
  if (lambda.empty()) throw Interrupted();
  // That of the epoch that has ended.
  const std::int64_t epoch = std::llround(moment.epoch) - 1;
  const SegmentationViews views(settings_, test);
  const auto [first, last] = group_.share(test.size());
  Sums sums;
  for (std::int64_t i = first; i < last; ++i) {
    if (group_hears(stop)) {
      sums.stopped = 1;
      break;
    }
    try {
      const auto unit = prepare(views.whole(graph_, i));
      const auto& execution = run(unit, Mode::inference, epoch, {});
      if (!group_.is_root()) continue;
      add_statistics(unit, execution, sums);
      score_segmentations(i, features, lambda, alignment_->effective_rank, sums);
    } catch (const Error&) {
      rethrow_with_prefix("image '" + test.name(i) + "': ");
    }
  }
  sums.over_ranks(comm_);
  if (sums.stopped > 0) throw Interrupted();
  const auto images = static_cast<double>(test.size());
  Score result{columns(sums, images, epoch), ""};
  result.row.insert({{"epoch", moment.epoch},
                     {"covering_best", sums.covering_best / images},
                     {"covering_average", sums.covering_average / images}});
  if (settings_.is_regularized()) {
    result.row.insert({{"rank_covering_best", sums.rank_covering_best / images},
                       {"rank_covering_average", sums.rank_covering_average / images},
                       {"segments", sums.rank_segments / images}});
  }
  char text[128];
  std::snprintf(text, sizeof text,
                "epoch %.0f: test J %.3f, rank W %.1f, below the bound %.2f, covering %.4f (%.4f)",
                moment.epoch, result.row["objective"],
                (settings_.is_regularized() ? sums.effective_rank : sums.vectors) / images,
                result.row["bound_holds"], result.row["covering_best"],
                result.row["covering_average"]);
  result.text = text;
  return result;
}

void NCutsProblem::score_segmentations(std::int64_t i, NCutsFeatures& features,
                                       const std::vector<double>& lambda, double effective_rank,
                                       Sums& sums) const {
  const auto image = scoring_.test->image(i);
  const auto& segmenter = scoring_.segmenter;
  const RandomKey key{1, RandomPurpose::clustering, 0, static_cast<std::uint32_t>(i), 0};
  const auto spectrum =
      low_rank_spectrum(features.of(image), lambda.data(), segmenter.eigenvectors);
  const auto maps =
      segment_spectrum(spectrum, image.image.height, image.image.width, segmenter, key);
  const auto scores = score_image(maps, image.segmentations);
  sums.covering_best += scores.table_best;
  sums.covering_average += scores.table_average;
  if (!settings_.is_regularized()) return;
  const int segments = segments_of_rank(effective_rank);
  const auto by_rank = score_image(
      {segment_leading(spectrum, segments, image.image.height, image.image.width, segmenter, key)},
      image.segmentations);
  sums.rank_segments += segments;
  sums.rank_covering_best += by_rank.table_best;
  sums.rank_covering_average += by_rank.table_average;
}

void NCutsProblem::complete(Checkpoint& checkpoint, StopNotice* stop) {
  // The training is over: its memory is for the features of whole images.
  graph_.release_plans();
  NCutsFeatures features(settings_, checkpoint.parameters, "the trained model");
  const auto found = metric(features, stop);
  if (found.empty()) throw Interrupted();
  Tensor<double> lambda({settings_.model.features, settings_.model.features});
  from_host(lambda, found);
  checkpoint.results["metric"] = lambda;
}

}  // namespace eigenprop
