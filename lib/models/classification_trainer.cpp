#include "models/classification_trainer.hpp"

#include <algorithm>
#include <cmath>

#include "data/sampling.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

ClassificationTrainer::ClassificationTrainer(const ClassificationSettings& settings,
                                             const ClassificationSource& data,
                                             const Communicator& comm)
    : settings_(settings),
      data_(data),
      extents_(data.extents(settings.pixels, settings.framing.side)),
      comm_(comm.get()),
      graph_(build_classifier(settings, static_cast<std::int64_t>(data.classes().size()),
                              extents_[2])),
      descent_(graph_.parameters(), settings.optimizer, settings.schedule,
               static_cast<double>(settings.epochs), comm) {
  require(data.size() > 0, "data set '" + data.path() + "' holds no image");
  // Wrong shapes are found before the first step, alike on all ranks.
  graph_.infer(graph_.output("objective"), classifier_inputs(extents_, 1));
}

std::int64_t ClassificationTrainer::steps_per_epoch() const {
  return (data_.size() + settings_.batch - 1) / settings_.batch;
}

ClassificationStep ClassificationTrainer::step(bool stop_requested) {
  const std::int64_t epoch = step_ / steps_per_epoch();
  const auto order = epoch_order(data_.size(), settings_.seed, epoch);
  const std::int64_t begin = step_ % steps_per_epoch() * settings_.batch;
  const std::int64_t count = std::min(settings_.batch, data_.size() - begin);
  const std::int64_t units = (count + settings_.unit - 1) / settings_.unit;
  const auto [first, last] = share_of(units, comm_.rank(), comm_.size());

  descent_.begin();
  double sums[3] = {};
  for (std::int64_t unit = first; unit < last; ++unit) {
    const std::int64_t from = begin + unit * settings_.unit;
    const std::int64_t to = std::min(from + settings_.unit, begin + count);
    const std::vector<std::int64_t> samples(order.begin() + from, order.begin() + to);
    auto& execution = load_images(graph_, settings_, data_, samples, epoch, Mode::training);
    const auto images = static_cast<double>(to - from);
    Tensor<double> seed({1});
    from_host(seed, {images});
    naming_images(data_, samples, [&] {
      checked_forward(
          execution, graph_.output("objective"),
          RandomKey{static_cast<std::uint32_t>(settings_.seed), RandomPurpose::dropout,
                    static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(from), 0},
          step_);
      descent_.backward(execution, {{graph_.output("objective"), seed}}, unit + 1 == last);
    });
    sums[0] += images * to_host(execution.value(graph_.output("objective")).as<double>())[0];
    for (const auto better : to_host(execution.value(graph_.output("better")).as<std::int32_t>()))
      sums[1] += better > 0 ? 1 : 0;
  }
  sums[2] = stop_requested ? 1 : 0;
  comm_.sum(sums, 3);
  const auto images = static_cast<double>(count);
  const auto descended = descent_.finish(
      1 / images, static_cast<double>(step_ + 1) / static_cast<double>(steps_per_epoch()));
  ++step_;
  return {sums[0] / images, sums[1] / images, descended.gradient_norm, descended.learning_rate,
          sums[2] > 0};
}

ClassificationScores ClassificationTrainer::evaluate(const ClassificationSource& data) {
  require(data.classes() == data_.classes(),
          "data sets '" + data.path() + "' and '" + data_.path() + "' have different classes");
  const Shape extents = data.extents(settings_.pixels, settings_.framing.side);
  require(extents == extents_, "samples of '" + data.path() + "' are " + extents.text() +
                                   ", those of '" + data_.path() + "' " + extents_.text());
  const std::int64_t units = (data.size() + settings_.unit - 1) / settings_.unit;
  const auto [first, last] = share_of(units, comm_.rank(), comm_.size());
  double sums[3] = {};
  for (std::int64_t unit = first; unit < last; ++unit) {
    std::vector<std::int64_t> samples;
    for (std::int64_t i = unit * settings_.unit;
         i < std::min((unit + 1) * settings_.unit, data.size()); ++i)
      samples.push_back(i);
    auto& execution = load_images(graph_, settings_, data, samples, 0, Mode::inference);
    naming_images(data, samples,
                  [&] { checked_forward(execution, graph_.output("objective"), {}, step_); });
    const auto images = static_cast<double>(samples.size());
    sums[0] += images * to_host(execution.value(graph_.output("objective")).as<double>())[0];
    for (const auto better : to_host(execution.value(graph_.output("better")).as<std::int32_t>())) {
      sums[1] += better > 0 ? 1 : 0;
      sums[2] += better > 4 ? 1 : 0;
    }
  }
  comm_.sum(sums, 3);
  const auto images = static_cast<double>(data.size());
  return {sums[0] / images, sums[1] / images, sums[2] / images};
}

Checkpoint ClassificationTrainer::checkpoint(const std::string& configuration) const {
  Checkpoint result;
  result.step = step_;
  result.model =
      classifier_signature(settings_, static_cast<std::int64_t>(data_.classes().size()), extents_);
  result.configuration = configuration;
  descent_.save(result);
  return result;
}

void ClassificationTrainer::restore(const Checkpoint& checkpoint, const std::string& path) {
  descent_.restore(checkpoint, "checkpoint '" + path + "'");
  step_ = checkpoint.step;
}

}  // namespace eigenprop
