#pragma once

#include <csignal>
#include <functional>

#include "training/problem.hpp"

namespace eigenprop {

/// When a rank of a ToyProblem is asked to stop: by SIGUSR1, before a unit of work.
struct Interruption {
  int rank = 0;
  int evaluation = -1;  ///< counted from 1; negative: never
  int unit = 0;         ///< of that rank, counted from 0
};

/// The mean over samples a of ½‖x - a‖² + ¼ Σᵢ(xᵢ - aᵢ)⁴ for a vector x; with `alternates`, of
/// ½‖x - c‖² in addition, where c is what x was at the last search. One sample is a unit.
class ToyProblem : public Problem {
 public:
  static constexpr std::int64_t samples = 12, dimensions = 3;

  ToyProblem(bool alternates, const Interruption& interruption, const Communicator& comm)
      : alternates_(alternates), interruption_(interruption), comm_(comm) {
    parameters_.create("x", {{dimensions}, Precision::f64}, {Initializer::Kind::normal, 1}, 1);
  }

  ParameterSet& parameters() override { return parameters_; }
  std::int64_t size() const override { return samples; }
  std::string signature() const override { return "toy"; }

  Measures evaluate(const Batch& batch, GradientSum* gradient, StopNotice* stop) override {
    const auto x = to_host(parameters_[0]->value.as<double>());
    std::vector<double> sums(dimensions + 2);  // gradient, objective, ranks that stopped
    const double scale = 1 / static_cast<double>(batch.samples.size());
    sums[dimensions + 1] = for_own_units(batch.samples, stop, [&](std::int64_t sample) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double a = static_cast<double>((7 * sample + 5 * static_cast<std::int64_t>(i)) % 11);
        const double d = x[i] - a / 5;
        sums[i] += scale * (d + d * d * d);
        sums[dimensions] += scale * (d * d / 2 + d * d * d * d / 4);
        if (!alternates_) continue;
        const double c = searched_.empty() ? x[i] : searched_[i];
        sums[i] += scale * (x[i] - c);
        sums[dimensions] += scale * (x[i] - c) * (x[i] - c) / 2;
      }
    });
    if (gradient) {
      from_host(parameters_[0]->adjoint.as<double>(), {sums.begin(), sums.begin() + dimensions});
      if (sums[dimensions + 1] == 0) gradient->add_adjoints(parameters_);
    }
    comm_.sum(sums.data() + dimensions, 2);
    if (sums[dimensions + 1] > 0) throw Interrupted();
    Measures measures;
    measures.objective = sums[dimensions];
    return measures;
  }

  /// Called after every step.
  std::function<void(const Moment&)> after_step;
  void stepped(const Batch&, const Moment& moment, Measures&) override {
    if (after_step) after_step(moment);
  }

  bool alternates() const override { return alternates_; }
  std::map<std::string, double> search_unknowns(std::int64_t, StopNotice* stop) override {
    const double stopped =
        comm_.sum(for_own_units(all_samples(*this).samples, stop, [](std::int64_t) {}));
    if (stopped > 0) throw Interrupted();
    searched_ = to_host(parameters_[0]->value.as<double>());
    return {};
  }
  void release_unknowns() override { searched_.clear(); }

  std::string score_table() const override { return "test"; }
  bool scores_at(const Moment& moment) const override { return moment.ends_epoch; }
  Score score(const Moment&, StopNotice* stop) override {
    return {{{"objective", evaluate(all_samples(*this), nullptr, stop).objective}}, ""};
  }

  int evaluations() const { return evaluation_; }

 private:
  // Whether this rank was stopped on the way: 0 or 1.
  template <class Work>
  double for_own_units(const std::vector<std::int64_t>& units, StopNotice* stop, const Work& work) {
    ++evaluation_;
    int unit = 0;
    for (std::size_t n = 0; n < units.size(); ++n) {
      if (static_cast<int>(n) % comm_.size() != comm_.rank()) continue;
      if (comm_.rank() == interruption_.rank && evaluation_ == interruption_.evaluation &&
          unit == interruption_.unit)
        std::raise(SIGUSR1);
      ++unit;
      if (stop && stop->heard()) return 1;
      work(units[n]);
    }
    return 0;
  }

  bool alternates_;
  Interruption interruption_;
  const Communicator& comm_;
  ParameterSet parameters_;
  std::vector<double> searched_;
  int evaluation_ = 0;
};

}  // namespace eigenprop
