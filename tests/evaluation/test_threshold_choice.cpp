#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "evaluation/threshold_choice.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

using Coverings = std::vector<std::vector<float>>;
using Columns = std::vector<std::size_t>;

double value_of(const Coverings& coverings, const Columns& columns) {
  double sum = 0;
  for (const auto& row : coverings) {
    float best = 0;
    for (const auto c : columns) best = std::max(best, row[c]);
    sum += static_cast<double>(best);
  }
  return sum;
}

// The level that is best alone is the worst choice for two.
TEST(ThresholdChoice, MovesWhatWasChosenFirst) {
  const Coverings coverings = {{0.6F, 1, 0}, {0.6F, 0, 1}};
  EXPECT_EQ(choose_levels(coverings, 1), Columns{0});
  EXPECT_EQ(choose_levels(coverings, 2), (Columns{1, 2}));
}

TEST(ThresholdChoice, CannotBeBetteredByOneMove) {
  for (std::uint32_t seed = 1; seed < 9; ++seed) {
    const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
    Coverings coverings(7, std::vector<float>(12));
    std::uint64_t place = 0;
    for (auto& row : coverings) {
      for (auto& value : row) value = static_cast<float>(stream.integer(place++, 1u << 20));
    }
    const auto chosen = choose_levels(coverings, 4);
    ASSERT_EQ(chosen.size(), 4u);
    ASSERT_TRUE(std::is_sorted(chosen.begin(), chosen.end()));
    const double value = value_of(coverings, chosen);
    for (std::size_t moved = 0; moved < 4; ++moved) {
      for (std::size_t c = 0; c < 12; ++c) {
        auto other = chosen;
        other[moved] = c;
        EXPECT_LE(value_of(coverings, other), value);
      }
    }
  }
}

TEST(ThresholdChoice, SaysWhatIsWrong) {
  EXPECT_THROW(choose_levels({}, 1), InputError);
  EXPECT_THROW(choose_levels({{1, 2}}, 3), InputError);
  EXPECT_THROW(choose_levels({{1, 2}}, 0), InputError);
  EXPECT_THROW(choose_levels({{1, 2}, {1}}, 1), InputError);
  EXPECT_EQ(choose_levels({{1, 1, 1}}, 3), (Columns{0, 1, 2}));
}

}  // namespace
}  // namespace eigenprop
