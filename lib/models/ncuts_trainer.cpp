#include "models/ncuts_trainer.hpp"

#include <cmath>

#include "data/sampling.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

NCutsModelSettings complete(NCutsModelSettings model, const PixelSettings& pixels) {
  model.input_channels = input_channels(pixels);
  return model;
}

NormalizedCutsSettings objective_of(const NCutsTrainingSettings& settings) {
  require(settings.kind == "j1" || settings.kind == "j2",
          "objective '" + settings.kind + "' is neither j1 nor j2");
  auto objective = settings.objective;
  objective.objective = settings.kind == "j1" ? AlignmentObjective::j1 : AlignmentObjective::j2;
  return objective;
}

}  // namespace

NCutsTrainer::NCutsTrainer(const NCutsTrainingSettings& settings, const SegmentationDataset& data,
                           const Communicator& comm)
    : settings_(settings),
      data_(data),
      comm_(comm.get()),
      graph_(build_ncuts_network(complete(settings.model, settings.pixels), objective_of(settings),
                                 static_cast<std::uint32_t>(settings.seed))),
      descent_(graph_.parameters(), settings.optimizer, settings.schedule,
               static_cast<double>(settings.epochs), comm) {
  require(settings.epochs >= 0 && settings.batch > 0,
          "epochs must not be negative, and batch must be positive");
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

std::int64_t NCutsTrainer::steps_per_epoch() const {
  return (data_.size() + settings_.batch - 1) / settings_.batch;
}

NCutsTrainer::Unit NCutsTrainer::prepare(std::int64_t epoch, std::int64_t sample) const {
  const auto& source = data_[sample];
  const RandomKey key{static_cast<std::uint32_t>(settings_.seed), RandomPurpose::augmentation,
                      static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(sample), 0};
  const View view =
      random_view(settings_.augmentation, source.image.height, source.image.width, key);
  Unit unit;
  const auto pixels = resample(source.image, view.rectangle, view.height, view.width, view.flip);
  const auto image = normalize(pixels, settings_.pixels);
  unit.image = image;
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
  unit.labels = label_tensor;
  if (settings_.weighting == "segments") unit.weight = static_cast<double>(last - first) / segments;
  return unit;
}

Execution& NCutsTrainer::run(const Unit& unit, std::int64_t epoch, std::int64_t sample, bool last) {
  auto& execution = graph_.plan({{unit.image.shape(), unit.image.precision()},
                                 {unit.labels.shape(), unit.labels.precision()}},
                                Mode::training);
  copy(execution.input(0), unit.image);
  copy(execution.input(1), unit.labels);
  Tensor<double> seed({1});
  from_host(seed, {unit.weight});
  const Value objective = graph_.output("objective");
  try {
    checked_forward(
        execution, objective,
        RandomKey{static_cast<std::uint32_t>(settings_.seed), RandomPurpose::dropout,
                  static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(sample), 0},
        step_);
    descent_.backward(execution, {{objective, seed}}, last);
  } catch (const Error&) {
    rethrow_with_prefix("image '" + data_[sample].name + "': ");
  }
  return execution;
}

NCutsStep NCutsTrainer::step(bool stop_requested) {
  const std::int64_t epoch = step_ / steps_per_epoch();
  const auto order = epoch_order(data_.size(), settings_.seed, epoch);
  const std::int64_t begin = step_ % steps_per_epoch() * settings_.batch;
  const std::int64_t count = std::min(settings_.batch, data_.size() - begin);
  const auto [first, last] = share_of(count, comm_.rank(), comm_.size());

  descent_.begin();
  double sums[6] = {};
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t sample = order[static_cast<std::size_t>(begin + i)];
    const auto unit = prepare(epoch, sample);
    const auto& execution = run(unit, epoch, sample, i + 1 == last);
    const auto statistics =
        to_host(execution.value(graph_.output("statistics")).as<std::int32_t>());
    sums[0] += to_host(execution.value(graph_.output("objective")).as<double>())[0];
    sums[1] += statistics[0];
    sums[2] += static_cast<double>(statistics[1]) / static_cast<double>(unit.labels.shape()[0]);
    sums[3] += statistics[2];
    sums[4] += statistics[3];
  }
  sums[5] = stop_requested ? 1 : 0;
  const auto images = static_cast<double>(count);
  comm_.sum(sums, 6);
  const auto descended = descent_.finish(
      1 / images, static_cast<double>(step_ + 1) / static_cast<double>(steps_per_epoch()));

  NCutsStep result;
  result.objective = sums[0] / images;
  result.rank_w = sums[1] / images;
  result.rank_e = sums[2] / images;
  result.bound_holds = sums[3] / images;
  result.stop_requested = sums[5] > 0;
  result.learning_rate = descended.learning_rate;
  result.gradient_norm = descended.gradient_norm;
  ++step_;
  return result;
}

Checkpoint NCutsTrainer::checkpoint(const std::string& configuration) const {
  Checkpoint result;
  result.step = step_;
  result.model = model_signature(complete(settings_.model, settings_.pixels));
  result.configuration = configuration;
  descent_.save(result);
  return result;
}

void NCutsTrainer::restore(const Checkpoint& checkpoint, const std::string& path) {
  descent_.restore(checkpoint, "checkpoint '" + path + "'");
  step_ = checkpoint.step;
}

}  // namespace eigenprop
