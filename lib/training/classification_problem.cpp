#include "training/classification_problem.hpp"

#include <algorithm>
#include <cstdio>

#include "data/sampling.hpp"
#include "runtime/error.hpp"
#include "training/checked_forward.hpp"

namespace eigenprop {

/// What adds up over images and ranks.
struct ClassificationProblem::Sums {
  double objective = 0, wrong = 0, wrong_of_five = 0, stopped = 0;

  void over_ranks(const Communicator& comm) {
    double all[] = {objective, wrong, wrong_of_five, stopped};
    comm.sum(all, 4);
    objective = all[0];
    wrong = all[1];
    wrong_of_five = all[2];
    stopped = all[3];
  }
};

ClassificationProblem::ClassificationProblem(const ClassificationSettings& settings,
                                             const ClassificationSource& data,
                                             const ClassificationSource* test,
                                             const Communicator& comm)
    : settings_(settings),
      data_(data),
      test_(test),
      extents_(data.extents(settings.pixels, settings.framing.side)),
      comm_(comm.get()),
      graph_(build_classifier(settings, static_cast<std::int64_t>(data.classes().size()),
                              extents_[2])) {
  require(data.size() > 0, "data set '" + data.path() + "' holds no image");
  // Wrong shapes are found before the first step, alike on all ranks.
  graph_.infer(graph_.output("objective"), classifier_inputs(extents_, 1));
  if (!test) return;
  require(test->classes() == data.classes(),
          "data sets '" + test->path() + "' and '" + data.path() + "' have different classes");
  const Shape extents = test->extents(settings.pixels, settings.framing.side);
  require(extents == extents_, "samples of '" + test->path() + "' are " + extents.text() +
                                   ", those of '" + data.path() + "' " + extents_.text());
}

std::string ClassificationProblem::signature() const {
  return classifier_signature(settings_, static_cast<std::int64_t>(data_.classes().size()),
                              extents_);
}

ClassificationProblem::Sums ClassificationProblem::add_up(const ClassificationSource& data,
                                                          const Batch& batch, Mode mode,
                                                          GradientSum* gradient, StopNotice* stop) {
  const auto count = static_cast<std::int64_t>(batch.samples.size());
  const std::int64_t units = (count + settings_.unit - 1) / settings_.unit;
  const auto [first, last] = share_of(units, comm_.rank(), comm_.size());
  const Value objective = graph_.output("objective");
  Sums sums;
  for (std::int64_t unit = first; unit < last; ++unit) {
    if (stop && stop->heard()) {
      sums.stopped = 1;
      break;
    }
    const bool is_last = unit + 1 == last;
    const std::int64_t from = unit * settings_.unit;
    const std::int64_t to = std::min(from + settings_.unit, count);
    const std::vector<std::int64_t> samples(batch.samples.begin() + from,
                                            batch.samples.begin() + to);
    auto& execution = load_images(graph_, settings_, data, samples, batch.epoch, mode);
    const auto images = static_cast<double>(to - from);
    Tensor<double> seed({1});
    from_host(seed, {images});
    RandomKey key;
    if (mode == Mode::training)
      key = {static_cast<std::uint32_t>(settings_.solver.seed), RandomPurpose::dropout,
             static_cast<std::uint32_t>(batch.epoch),
             static_cast<std::uint32_t>(batch.first + from), 0};
    naming_images(data, samples, [&] {
      checked_forward(execution, objective, key);
      if (gradient) gradient->add(execution, {{objective, seed}}, is_last);
    });
    sums.objective += images * to_host(execution.value(objective).as<double>())[0];
    for (const auto better : to_host(execution.value(graph_.output("better")).as<std::int32_t>())) {
      sums.wrong += better > 0 ? 1 : 0;
      sums.wrong_of_five += better > 4 ? 1 : 0;
    }
  }
  sums.over_ranks(comm_);
  if (sums.stopped > 0) throw Interrupted();
  return sums;
}

Measures ClassificationProblem::evaluate(const Batch& batch, GradientSum* gradient,
                                         StopNotice* stop) {
  const auto sums = add_up(data_, batch, Mode::training, gradient, stop);
  const auto images = static_cast<double>(batch.samples.size());
  Measures result;
  result.objective = sums.objective / images;
  result.columns = {{"error", sums.wrong / images}};
  char note[64];
  std::snprintf(note, sizeof note, "loss %.3f  error %.2f", result.objective, sums.wrong / images);
  result.note = note;
  result.gradient_scale = 1 / images;
  return result;
}

Score ClassificationProblem::score(const Moment& moment, StopNotice* stop) {
  const auto sums =
      add_up(*test_, {0, 0, items_of(test_->size(), 0, 1)}, Mode::inference, nullptr, stop);
  const auto images = static_cast<double>(test_->size());
  Score result{{{"epoch", moment.epoch},
                {"objective", sums.objective / images},
                {"error_top1", sums.wrong / images},
                {"error_top5", sums.wrong_of_five / images}},
               ""};
  char text[128];
  std::snprintf(text, sizeof text, "epoch %.0f: test loss %.4f, error %.4f, among five %.4f",
                moment.epoch, sums.objective / images, sums.wrong / images,
                sums.wrong_of_five / images);
  result.text = text;
  return result;
}

}  // namespace eigenprop
