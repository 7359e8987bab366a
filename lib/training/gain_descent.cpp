#include "training/gain_descent.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

constexpr std::int64_t steps_between_checks = 50;
constexpr double least_rate = 50, gain_rise = 0.2, gain_fall = 0.8, least_gain = 0.01;

}  // namespace

GainDescent::GainDescent(const TsneSettings& settings, TsneProblem& problem,
                         const Communicator& comm)
    : settings_(settings), problem_(problem), comm_(comm.get()) {
  const std::int64_t rows = problem.affinities().rows;
  // Of a point: its place, the square of its gradient, and whether to stop.
  gather_step_.emplace(rows, static_cast<int>(settings.dimensions) + 2, comm_);
  velocity_.assign(index(rows * settings.dimensions), 0.0);
  gain_.assign(velocity_.size(), 1.0);
}

double GainDescent::rate() const {
  if (settings_.rate > 0) return settings_.rate;
  const double rate = static_cast<double>(problem_.size()) / settings_.exaggeration / 4;
  return settings_.kind == "tsne" ? std::max(rate, least_rate) : rate;
}

void GainDescent::run(const Watch& watch, StopNotice* stop) {
  while (step_ < total_steps()) {
    const bool early = step_ < settings_.exaggeration_iterations;
    if (step_ == settings_.exaggeration_iterations) {
      std::fill(velocity_.begin(), velocity_.end(), 0.0);
      std::fill(gain_.begin(), gain_.end(), 1.0);
    }
    const bool check = (step_ + 1) % steps_between_checks == 0;
    const auto rows = problem_.own_places();
    const double factor = early ? settings_.exaggeration : 1;
    std::vector<double> gradient(rows.size());
    Step step;
    step.measures.objective = NAN;
    if (check) {
      step.measures.objective =
          problem_.objective().divergence(rows.data(), factor, gradient.data());
    } else {
      problem_.objective().gradient(rows.data(), factor, gradient.data());
    }
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      gain_[i] = velocity_[i] * gradient[i] < 0 ? gain_[i] + gain_rise : gain_[i] * gain_fall;
      gain_[i] = std::max(gain_[i], least_gain);
      gradient[i] *= gain_[i];
    }
    const bool stopped = move(rows, gradient, early ? settings_.early_momentum : settings_.momentum,
                              stop && stop->heard(), step.measures);
    ++step_;
    const double norm = step.measures.columns["gradient_norm"];
    converged_ = check && !early && norm <= settings_.tolerance;
    step.moment = moment();
    char note[48];
    std::snprintf(note, sizeof note, "gradient %.1e", norm);
    step.measures.note = note;
    watch(step);
    if (stopped && step_ < total_steps()) throw Interrupted();
  }
}

// Tells whether a rank that has points was asked to stop; the others hear it from these.
bool GainDescent::move(const std::vector<double>& rows, const std::vector<double>& gradient,
                       double momentum, bool stop, Measures& measures) {
  const double rate = this->rate();
  const auto d = index(settings_.dimensions);
  std::vector<double> own;
  for (std::size_t i = 0; i < rows.size(); i += d) {
    double squares = 0;
    for (std::size_t k = i; k < i + d; ++k) {
      velocity_[k] = momentum * velocity_[k] - rate * gradient[k];
      own.push_back(rows[k] + velocity_[k]);
      squares += gradient[k] * gradient[k];
    }
    own.insert(own.end(), {squares, stop ? 1.0 : 0.0});
  }
  const auto all = gather_step_->forward(own);
  std::vector<double> places;
  double squares = 0;
  bool stopped = false;
  for (auto point = all.begin(); point != all.end(); point += settings_.dimensions + 2) {
    const auto end = point + settings_.dimensions;
    places.insert(places.end(), point, end);
    squares += end[0];
    stopped = stopped || end[1] > 0;
  }
  measures.columns["gradient_norm"] = std::sqrt(squares);
  const auto wrong = std::find_if(places.begin(), places.end(),
                                  [](double place) { return !std::isfinite(place); });
  if (wrong != places.end()) {
    throw NonFiniteError("after step " + std::to_string(step_ + 1) + " the place of point " +
                         std::to_string((wrong - places.begin()) / settings_.dimensions) +
                         " is not finite; train.rate may be too large");
  }
  problem_.set_places(places);
  return stopped;
}

void GainDescent::save(Checkpoint& checkpoint) const {
  checkpoint.step = step_;
  const std::int64_t total = problem_.size();
  const AllGatherRows gather(problem_.affinities().rows, static_cast<int>(settings_.dimensions),
                             comm_);
  const auto slot = [&](const std::vector<double>& own) {
    Tensor<double> all({total, settings_.dimensions});
    from_host(all, gather.forward(own));
    return all;
  };
  const auto& name = problem_.parameters()[0]->name;
  checkpoint.optimizer["velocity"][name] = slot(velocity_);
  checkpoint.optimizer["gain"][name] = slot(gain_);
  Tensor<double> converged({1});
  from_host(converged, {converged_ ? 1.0 : 0.0});
  checkpoint.results["converged"] = converged;
}

void GainDescent::restore(const Checkpoint& checkpoint, const std::string& path) {
  const std::string what = "checkpoint '" + path + "'";
  const auto& name = problem_.parameters()[0]->name;
  const auto bring = [&](const std::string& slot, std::vector<double>& own) {
    const auto found = checkpoint.optimizer.find(slot);
    require(found != checkpoint.optimizer.end() && found->second.count(name) == 1,
            what + " lacks the " + slot + " of '" + name + "'");
    const auto& tensor = found->second.at(name);
    require(tensor.shape() == Shape{problem_.size(), settings_.dimensions} &&
                tensor.precision() == Precision::f64,
            what + " holds a " + slot + " of another shape");
    const auto all = to_host(tensor.as<double>());
    std::copy_n(all.begin() + problem_.affinities().first * settings_.dimensions, own.size(),
                own.begin());
  };
  bring("velocity", velocity_);
  bring("gain", gain_);
  const auto converged = checkpoint.results.find("converged");
  require(converged != checkpoint.results.end() && converged->second.shape() == Shape{1} &&
              converged->second.precision() == Precision::f64,
          what + " does not say whether it has converged");
  converged_ = to_host(converged->second.as<double>())[0] > 0;
  step_ = checkpoint.step;
}

}  // namespace eigenprop
