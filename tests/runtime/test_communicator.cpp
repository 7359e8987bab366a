#include <gtest/gtest.h>

#include "runtime/communicator.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

TEST(Communicator, Reduces) {
  const auto& comm = test_communicator();
  const int p = comm.size();
  EXPECT_EQ(comm.sum(comm.rank() + 1), p * (p + 1) / 2);
  EXPECT_EQ(comm.max(comm.rank()), p - 1);
  EXPECT_EQ(comm.min(2.0 * comm.rank() + 1), 1.0);
  EXPECT_EQ(comm.exclusive_sum(comm.rank() + 1), comm.rank() * (comm.rank() + 1) / 2);
}

TEST(Communicator, GathersAndBroadcasts) {
  const auto& comm = test_communicator();
  const auto all = comm.gather_all(10 * comm.rank());
  ASSERT_EQ(static_cast<int>(all.size()), comm.size());
  for (int r = 0; r < comm.size(); ++r) EXPECT_EQ(all[static_cast<std::size_t>(r)], 10 * r);
  const int root = comm.size() - 1;
  EXPECT_EQ(comm.broadcast("rank " + std::to_string(comm.rank()), root),
            "rank " + std::to_string(root));
}

TEST(Communicator, MovesOwnership) {
  Communicator first(test_communicator().get());
  const auto handle = first.get();
  Communicator second(std::move(first));
  EXPECT_EQ(second.get(), handle);
  // NOLINTNEXTLINE(bugprone-use-after-move): what a move leaves behind is what is tested.
  EXPECT_EQ(first.get(), MPI_COMM_NULL);
  EXPECT_EQ(second.sum(1), second.size());
}

TEST(Communicator, SelfIsAlone) {
  const auto self = Communicator::self();
  EXPECT_EQ(self.size(), 1);
  EXPECT_EQ(self.sum(7), 7);
}

}  // namespace
}  // namespace eigenprop
