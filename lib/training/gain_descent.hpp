#pragma once

#include <optional>
#include <string>
#include <vector>

#include "parallel/collectives.hpp"
#include "training/solver.hpp"
#include "training/tsne_problem.hpp"

namespace eigenprop {

/// Gradient descent with momentum and a gain for each coordinate, as van der Maaten and Hinton
/// (JMLR 2008) and scikit-learn do it for t-SNE:
///
///     gain <- gain + 0.2 where velocity and gradient differ in sign, else 0.8 gain; 0.01 at least
///     velocity <- momentum velocity - rate gain gradient,    y <- y + velocity.
///
/// P is exaggerated at first; when that ends, velocities and gains start anew. A rank moves its own
/// points, and one exchange a step brings all places and whether to stop. The divergence, without
/// exaggeration, is told every 50th step, and is NaN otherwise.
class GainDescent : public Solver {
 public:
  /// `problem` must outlive this. Collective over `comm`.
  GainDescent(const TsneSettings& settings, TsneProblem& problem, const Communicator& comm);

  /// Those done, where the gradient vanishes.
  std::int64_t total_steps() const override { return converged_ ? step_ : settings_.iterations; }
  Moment moment() const override { return {step_, static_cast<double>(step_), false, false}; }
  void run(const Watch& watch, StopNotice* stop) override;
  /// Collective.
  void save(Checkpoint& checkpoint) const override;
  void restore(const Checkpoint& checkpoint, const std::string& path) override;

  double rate() const;

 private:
  bool move(const std::vector<double>& rows, const std::vector<double>& gradient, double momentum,
            bool stop, Measures& measures);

  TsneSettings settings_;
  TsneProblem& problem_;
  Communicator comm_;
  std::optional<AllGatherRows> gather_step_;
  std::vector<double> velocity_, gain_;  ///< of own points
  bool converged_ = false;
};

}  // namespace eigenprop
