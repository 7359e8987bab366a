#include <gtest/gtest.h>

#include <algorithm>

#include "data/rank_group.hpp"
#include "runtime/error.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

TEST(RankGroup, HasTheRanksAskedForOrSomeMore) {
  const auto& world = test_communicator();
  for (const int ranks : {1, 2, 3, 1000}) {
    const RankGroup group(ranks, world);
    const int least = std::min(ranks, world.size());
    EXPECT_GE(group.comm().size(), least);
    EXPECT_LT(group.comm().size(), 2 * least);
    EXPECT_EQ(group.is_root(), group.comm().rank() == 0);
    EXPECT_EQ(group.shared(), group.comm().size() > 1 ? &group.comm() : nullptr);
    // Ranks of a group stand side by side.
    const int first = group.comm().min(world.rank());
    EXPECT_EQ(world.rank(), first + group.comm().rank());
  }
}

TEST(RankGroup, SharesEverySampleOnce) {
  const auto& world = test_communicator();
  for (const int ranks : {1, 2, 3}) {
    const RankGroup group(ranks, world);
    for (const std::int64_t count : {0, 1, 5, 12}) {
      const auto [first, last] = group.share(count);
      EXPECT_EQ(group.comm().min(first), group.comm().max(first));
      EXPECT_EQ(group.comm().min(last), group.comm().max(last));
      std::vector<std::int64_t> taken(static_cast<std::size_t>(count), 0);
      for (auto i = first; i < last && group.is_root(); ++i) taken[static_cast<std::size_t>(i)] = 1;
      world.sum(taken.data(), count);
      EXPECT_EQ(taken, std::vector<std::int64_t>(static_cast<std::size_t>(count), 1));
    }
  }
}

TEST(RankGroup, RefusesGroupsOfNobody) {
  EXPECT_THROW(RankGroup(0, test_communicator()), InputError);
  EXPECT_THROW(RankGroup(-2, test_communicator()), InputError);
}

}  // namespace
}  // namespace eigenprop
