#include "training/checkpoint_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>

#include "test_session.hpp"

namespace {

std::int64_t broadcasts = 0;

}  // namespace

// In the place of MPI's own, which has a second name for that purpose.
extern "C" int MPI_Bcast(void* data, int count, MPI_Datatype type, int root, MPI_Comm comm) {
  ++broadcasts;
  return PMPI_Bcast(data, count, type, root, comm);
}

namespace eigenprop {
namespace {

void pass(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// Long steps: the first one after the interval, on all ranks at once, though their clocks differ.
TEST(CheckpointClock, IsDueByTime) {
  const auto& comm = test_communicator();
  CheckpointClock clock(0.3, comm);
  std::int64_t step = 0;
  bool due = false;
  const Timer timer;
  while (!due && step < 100) {
    pass(comm.rank() == 0 ? 0.05 : 0.01);
    due = clock.due(++step);
    ASSERT_EQ(comm.sum(due ? 1 : 0), due ? comm.size() : 0);
  }
  EXPECT_TRUE(due);
  EXPECT_GE(comm.max(timer.seconds()), 0.3);
  clock.written(0);
  EXPECT_FALSE(clock.due(++step));
}

// What takes long to write is written rarely: a hundredth of the time at most.
TEST(CheckpointClock, StretchesTheInterval) {
  CheckpointClock clock(0.01, test_communicator());
  clock.written(1000);
  for (std::int64_t step = 1; step <= 5; ++step) {
    pass(0.02);
    EXPECT_FALSE(clock.due(step));
  }
}

// Short steps: far fewer messages than steps.
TEST(CheckpointClock, LeavesShortStepsAlone) {
  CheckpointClock clock(3600, test_communicator());
  constexpr std::int64_t steps = 100000;
  const std::int64_t before = broadcasts;
  for (std::int64_t step = 1; step <= steps; ++step) ASSERT_FALSE(clock.due(step));
  EXPECT_GT(broadcasts, before);
  EXPECT_LT(broadcasts - before, steps / 100);
}

}  // namespace
}  // namespace eigenprop
