#include "training/boundary_problem.hpp"

#include <cmath>
#include <cstdio>

#include "data/boundary_targets.hpp"
#include "data/sampling.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "training/checked_forward.hpp"

namespace eigenprop {

/// What adds up over images and ranks.
struct BoundaryProblem::Sums {
  double objective = 0, stopped = 0;
  PrecisionTable precision;

  void over_ranks(const Communicator& comm) {
    auto& all = precision.sums();
    all.insert(all.end(), {objective, stopped});
    comm.sum(all.data(), static_cast<std::int64_t>(all.size()));
    stopped = all.back();
    objective = all[all.size() - 2];
    all.resize(all.size() - 2);
  }

  std::map<std::string, double> columns(double images) const {
    return {{"objective", objective / images},
            {"on", precision.mean_wanted()},
            {"off", precision.mean_unwanted()},
            {"average_precision", precision.average_precision()}};
  }
};

BoundaryProblem::BoundaryProblem(const NCutsTrainingSettings& settings,
                                 const SegmentationDataset& data, const SegmentationDataset* test,
                                 const Communicator& comm)
    : settings_(settings),
      data_(data),
      test_(test),
      views_(settings, data),
      comm_(comm.get()),
      graph_(build_boundary_network(complete_model(settings), settings.graph,
                                    static_cast<std::uint32_t>(settings.solver.seed))) {
  if (test) SegmentationViews(settings, *test);
}

std::string BoundaryProblem::signature() const {
  return graph_cuts_signature(complete_model(settings_), settings_.graph);
}

Execution& BoundaryProblem::run(const SegmentationView& view, Mode mode, const RandomKey& key,
                                Sums& sums) {
  const auto shares = boundary_shares(view.maps, settings_.boundary_radius);
  Tensor<float> weights({static_cast<std::int64_t>(shares.size()), 2}, "weights");
  from_host(weights, balanced_weights(shares));
  auto& execution =
      graph_.plan({{view.image.shape(), Precision::f32}, {weights.shape(), Precision::f32}}, mode);
  copy(execution.input(0), view.image);
  copy(execution.input(1), weights);
  const Value objective = graph_.output("objective");
  checked_forward(execution, objective, key);
  sums.objective += to_host(execution.value(objective).as<double>())[0];
  const auto scores = to_host(execution.value(graph_.output("boundary_score")).as<float>());
  for (std::size_t i = 0; i < shares.size(); ++i)
    sums.precision.add(static_cast<double>(scores[i]), shares[i]);
  return execution;
}

Measures BoundaryProblem::evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) {
  const auto count = static_cast<std::int64_t>(batch.samples.size());
  const auto [first, last] = share_of(count, comm_.rank(), comm_.size());
  Tensor<double> seed({1});
  from_host(seed, {1.0});
  Sums sums;
  for (std::int64_t i = first; i < last; ++i) {
    if (stop && stop->heard()) {
      sums.stopped = 1;
      break;
    }
    const std::int64_t sample = batch.samples[index(i)];
    const RandomKey key{static_cast<std::uint32_t>(settings_.solver.seed), RandomPurpose::dropout,
                        static_cast<std::uint32_t>(batch.epoch), static_cast<std::uint32_t>(sample),
                        0};
    try {
      auto& execution = run(views_.random(graph_, batch.epoch, sample), Mode::training, key, sums);
      if (gradient) gradient->add(execution, {{graph_.output("objective"), seed}}, i + 1 == last);
    } catch (const Error&) {
      rethrow_with_prefix("image '" + data_.name(sample) + "': ");
    }
  }
  sums.over_ranks(comm_);
  if (sums.stopped > 0) throw Interrupted();
  const auto images = static_cast<double>(count);
  Measures result;
  result.columns = sums.columns(images);
  result.objective = result.columns.at("objective");
  result.gradient_scale = 1 / images;
  char note[96];
  std::snprintf(note, sizeof note, "loss %.3f  on %.2f  off %.2f  AP %.3f", result.objective,
                result.columns.at("on"), result.columns.at("off"),
                result.columns.at("average_precision"));
  result.note = note;
  return result;
}

bool BoundaryProblem::scores_at(const Moment& moment) const {
  return test_ && moment.ends_epoch && std::llround(moment.epoch) % settings_.score_epochs == 0;
}

Score BoundaryProblem::score(const Moment& moment, StopNotice* stop) {
  const SegmentationViews views(settings_, *test_);
  const auto [first, last] = share_of(test_->size(), comm_.rank(), comm_.size());
  Sums sums;
  for (std::int64_t i = first; i < last && sums.stopped == 0; ++i) {
    if (stop && stop->heard()) {
      sums.stopped = 1;
      continue;
    }
    try {
      run(views.whole(graph_, i), Mode::inference, {}, sums);
    } catch (const Error&) {
      rethrow_with_prefix("image '" + test_->name(i) + "': ");
    }
  }
  sums.over_ranks(comm_);
  if (sums.stopped > 0) throw Interrupted();
  Score result{sums.columns(static_cast<double>(test_->size())), ""};
  result.row["epoch"] = moment.epoch;
  char text[128];
  std::snprintf(text, sizeof text,
                "epoch %.0f: test loss %.4f, probability on boundaries %.3f, off %.3f, average "
                "precision %.4f",
                moment.epoch, result.row["objective"], result.row["on"], result.row["off"],
                result.row["average_precision"]);
  result.text = text;
  return result;
}

}  // namespace eigenprop
