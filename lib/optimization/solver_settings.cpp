#include "optimization/solver_settings.hpp"

#include "runtime/error.hpp"
#include "runtime/random.hpp"

namespace eigenprop {

void declare_solver_options(CommandLine& line, SolverSettings& s, const SolverOptions& options) {
  const auto& samples = options.samples;
  line.choice("train.method", s.method, {"sgd", "cg", "lmvm"},
              "Momentum SGD on batches, or conjugate gradients or quasi-Newton (TAO) on all " +
                  samples + " at once");
  line.option("train.epochs", s.epochs, "sgd: passes over the data; 0: the untrained model");
  line.option("train.batch", s.batch, "sgd: " + samples + " of a step, over all ranks");
  line.option("train.iterations", s.iterations, "cg, lmvm: iterations");
  line.option("train.restart", s.restart,
              "cg, lmvm: iterations between restarts, where checkpoints are written");
  line.option("train.tolerance", s.tolerance, "cg, lmvm: norm of the gradient that is enough");
  line.option("train.seed", s.seed, "Determines weights, order and all that is random in training");
  if (options.weight_decay)
    line.option("train.weight_decay", s.optimizer.weight_decay, "sgd: weight decay");
  line.option("train.momentum", s.optimizer.momentum, "sgd: momentum of the gradient descent");
  line.option("train.clip_norm", s.optimizer.clip_norm,
              "sgd: largest norm of the gradient; 0: no clipping");
  line.choice("train.schedule", s.schedule.kind, {"constant", "step", "cosine"},
              "sgd: course of the learning rate");
  line.option("train.rate", s.schedule.rate, "sgd: learning rate");
  line.option("train.final_fraction", s.schedule.final_fraction,
              "sgd: last rate of a cosine as a fraction of the first");
  line.option("train.step_factor", s.schedule.step_factor,
              "sgd: factor of the rate at each milestone");
  line.option("train.milestones", s.schedule.milestones, "sgd: epochs where the rate steps down");
  line.option("train.warmup_epochs", s.schedule.warmup_epochs,
              "sgd: epochs in which the rate rises from 0");
}

void check_solver_settings(const SolverSettings& s) {
  // Steps are counted in 64 bits, pixels of a batch too.
  constexpr std::int64_t most = 1'000'000'000;
  require(s.epochs >= 0 && s.epochs <= most && s.iterations >= 0 && s.iterations <= most,
          "train.epochs and train.iterations must lie between 0 and a thousand millions");
  require(s.batch > 0 && s.batch <= most,
          "train.batch must be positive, and a thousand millions at most");
  const auto& optimizer = s.optimizer;
  require(optimizer.weight_decay >= 0, "train.weight_decay must not be negative");
  require(optimizer.momentum >= 0 && optimizer.momentum < 1, "train.momentum must lie in [0, 1)");
  require(optimizer.clip_norm >= 0, "train.clip_norm must not be negative");
  require(s.schedule.warmup_epochs >= 0 && s.schedule.final_fraction >= 0,
          "train.warmup_epochs and train.final_fraction must not be negative");
  require(s.schedule.step_factor > 0, "train.step_factor must be positive");
  (void)Schedule(s.schedule, static_cast<double>(s.epochs));
  require(s.restart > 0, "train.restart must be positive");
  require(s.tolerance >= 0, "train.tolerance must not be negative");
  require(fits_seed(s.seed), "train.seed must fit 32 bits");
}

void check_unit(std::int64_t unit) {
  require(unit > 0 && unit <= 1'000'000'000,
          "train.unit must be positive, and a thousand millions at most");
}

}  // namespace eigenprop
