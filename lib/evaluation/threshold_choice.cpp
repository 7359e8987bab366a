#include "evaluation/threshold_choice.hpp"

#include <algorithm>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using Coverings = std::vector<std::vector<float>>;
using Columns = std::vector<std::size_t>;

std::vector<float> best_of(const Coverings& coverings, const Columns& columns) {
  std::vector<float> best;
  for (const auto& row : coverings) {
    float largest = 0;
    for (const auto c : columns) largest = std::max(largest, row[c]);
    best.push_back(largest);
  }
  return best;
}

struct Choice {
  std::size_t column = 0;
  double value = -1;
};

// The column that adds most to those which are kept.
Choice best_addition(const Coverings& coverings, const Columns& kept) {
  const auto best = best_of(coverings, kept);
  Choice choice;
  for (std::size_t c = 0; c < coverings[0].size(); ++c) {
    if (std::find(kept.begin(), kept.end(), c) != kept.end()) continue;
    double sum = 0;
    for (std::size_t i = 0; i < best.size(); ++i)
      sum += static_cast<double>(std::max(best[i], coverings[i][c]));
    if (sum > choice.value) choice = {c, sum};
  }
  return choice;
}

}  // namespace

std::vector<std::size_t> choose_levels(const Coverings& coverings, std::size_t count) {
  require(!coverings.empty() && count > 0, "there are no coverings to choose levels from");
  for (const auto& row : coverings)
    require(row.size() == coverings[0].size() && row.size() >= count,
            "each image must have the same coverings, one a level, and enough of them");
  Columns chosen;
  Choice last;
  while (chosen.size() < count) {
    last = best_addition(coverings, chosen);
    chosen.push_back(last.column);
  }
  for (double before = -1; last.value > before;) {
    before = last.value;
    for (auto& place : chosen) {
      Columns others;
      for (const auto c : chosen) {
        if (c != place) others.push_back(c);
      }
      const auto moved = best_addition(coverings, others);
      // A tie stays where it is.
      if (moved.value > last.value) {
        place = moved.column;
        last = moved;
      }
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace eigenprop
