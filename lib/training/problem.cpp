#include "training/problem.hpp"

#include "data/sampling.hpp"

namespace eigenprop {

Batch all_samples(const Problem& problem) { return {0, 0, items_of(problem.size(), 0, 1)}; }

}  // namespace eigenprop
