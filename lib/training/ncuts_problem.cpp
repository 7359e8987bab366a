#include "training/ncuts_problem.hpp"

#include <cstdio>

#include "data/sampling.hpp"
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
      metric_ridge_(metric_ridge),
      comm_(comm.get()),
      graph_(build_ncuts_network(complete_model(settings), objective_of(settings),
                                 static_cast<std::uint32_t>(settings.solver.seed))) {
  require(settings.annotators == "average" || settings.annotators == "sample",
          "annotators '" + settings.annotators + "' is neither average nor sample");
  require(settings.weighting == "segments" || settings.weighting == "none",
          "weighting '" + settings.weighting + "' is neither segments nor none");
  require(data.size() > 0, "data set '" + data.path() + "' holds no image");
  for (std::int64_t i = 0; i < data.size(); ++i) {
    require(!data[i].segmentations.empty(), "image '" + data[i].name + "' of '" + data.path() +
                                                "' has no segmentation to learn from");
  }
}

NCutsProblem::View NCutsProblem::prepare(std::int64_t epoch, std::int64_t sample) const {
  const auto& source = data_[sample];
  const RandomKey key{static_cast<std::uint32_t>(settings_.solver.seed),
                      RandomPurpose::augmentation, static_cast<std::uint32_t>(epoch),
                      static_cast<std::uint32_t>(sample), 0};
  const auto view =
      random_view(settings_.augmentation, source.image.height, source.image.width, key);
  View prepared;
  const auto pixels = resample(source.image, view.rectangle, view.height, view.width, view.flip);
  const auto image = normalize(pixels, settings_.pixels);
  prepared.image = image;
  const Shape features = feature_shape(graph_, image.shape());

  std::vector<std::int32_t> labels;
  double segments = 0;
  std::int64_t first = 0;
  auto last = static_cast<std::int64_t>(source.segmentations.size());
  if (settings_.annotators == "sample") {
    RandomKey draw = key;
    draw.operation = 1;
    first = RandomStream(draw).integer(0, static_cast<std::uint32_t>(last));
    last = first + 1;
  }
  for (std::int64_t a = first; a < last; ++a) {
    const auto map =
        resample(source.segmentations[static_cast<std::size_t>(a)], view.rectangle,
                 static_cast<int>(features[1]), static_cast<int>(features[2]), view.flip);
    labels.insert(labels.end(), map.labels.begin(), map.labels.end());
    segments += map.segments;
  }
  Tensor<std::int32_t> label_tensor({last - first, features[1] * features[2]}, "labels");
  from_host(label_tensor, labels);
  prepared.labels = label_tensor;
  if (settings_.weighting == "segments")
    prepared.weight = static_cast<double>(last - first) / segments;
  return prepared;
}

Execution& NCutsProblem::run(const View& view, std::int64_t epoch, std::int64_t sample,
                             GradientSum* gradient, bool last) {
  auto& execution = graph_.plan({{view.image.shape(), view.image.precision()},
                                 {view.labels.shape(), view.labels.precision()}},
                                Mode::training);
  copy(execution.input(0), view.image);
  copy(execution.input(1), view.labels);
  Tensor<double> seed({1});
  from_host(seed, {view.weight});
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
  const auto [first, last] = share_of(count, comm_.rank(), comm_.size());
  double sums[6] = {};
  for (std::int64_t i = first; i < last; ++i) {
    if (stop && stop->heard()) {
      sums[5] = 1;
      break;
    }
    const std::int64_t sample = batch.samples[index(i)];
    const auto view = prepare(batch.epoch, sample);
    const auto& execution = run(view, batch.epoch, sample, gradient, i + 1 == last);
    const auto statistics =
        to_host(execution.value(graph_.output("statistics")).as<std::int32_t>());
    const double value = to_host(execution.value(graph_.output("objective")).as<double>())[0];
    sums[0] += value;
    sums[1] += statistics[0];
    sums[2] += static_cast<double>(statistics[1]) / static_cast<double>(view.labels.shape()[0]);
    sums[3] += statistics[2];
    sums[4] += view.weight * value;
  }
  comm_.sum(sums, 6);
  if (sums[5] > 0) throw Interrupted();
  const auto images = static_cast<double>(count);
  Measures result;
  result.objective = sums[4] / images;
  // Told without the images' weights, as the paper has it.
  result.columns = {{"objective", sums[0] / images},
                    {"rank_w", sums[1] / images},
                    {"rank_e", sums[2] / images},
                    {"bound_holds", sums[3] / images}};
  char note[96];
  std::snprintf(note, sizeof note, "J %.3f  rank W %.1f  rank E %.1f", sums[0] / images,
                sums[1] / images, sums[2] / images);
  result.note = note;
  result.gradient_scale = 1 / images;
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
