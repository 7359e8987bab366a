#include "training/alternation.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

Alternation::Alternation(const SolverSettings& settings, Problem& problem, const Communicator& comm)
    : TaoSolver(settings, problem, comm) {
  require(problem.alternates(), "there is nothing to alternate with");
}

void Alternation::run(const Watch& watch, StopNotice* stop) {
  const Batch all = all_samples(problem_);
  while (step_ < settings_.iterations) {
    // An alternation that is broken off begins again from the parameters that it began with.
    std::vector<AnyTensor> before;
    for (const auto& parameter : problem_.parameters()) {
      before.push_back(AnyTensor::zeros(parameter->value.shape(), parameter->value.precision()));
      copy(before.back(), parameter->value);
    }
    Step step;
    try {
      const auto searched = problem_.search_unknowns(step_ + 1, stop);
      minimizer_.minimize(
          0, settings_.restart, [&] { return evaluate(all, stop, step.measures); },
          [&](const BatchMinimizer::Iteration& iteration) {
            tell(iteration, step.measures);
            return true;
          });
      // Where the minimizer found nothing to do.
      step.measures.columns.emplace("gradient_norm", minimizer_.gradient_norm());
      step.measures.columns.emplace("step_length", 0.0);
      for (const auto& [column, value] : searched) step.measures.columns[column] = value;
    } catch (const Interrupted&) {
      problem_.release_unknowns();
      for (std::size_t p = 0; p < before.size(); ++p)
        copy(problem_.parameters()[p]->value, before[p]);
      throw;
    }
    problem_.release_unknowns();
    ++step_;
    step.moment = moment();
    watch(step);
  }
}

}  // namespace eigenprop
