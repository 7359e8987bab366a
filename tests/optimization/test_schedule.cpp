#include <gtest/gtest.h>

#include <limits>

#include "optimization/schedule.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

TEST(Schedule, CosineFallsFromRateToFinalFraction) {
  ScheduleSettings settings;
  settings.rate = 0.2;
  settings.final_fraction = 0.1;
  const Schedule schedule(settings, 10);
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.2);
  EXPECT_NEAR(schedule.rate(5), 0.2 * 0.55, 1e-15);
  EXPECT_NEAR(schedule.rate(10), 0.02, 1e-15);
}

TEST(Schedule, StepDropsAtMilestones) {
  ScheduleSettings settings;
  settings.kind = "step";
  settings.rate = 1;
  settings.milestones = {2, 4};
  const Schedule schedule(settings, 5);
  EXPECT_DOUBLE_EQ(schedule.rate(1.99), 1);
  EXPECT_DOUBLE_EQ(schedule.rate(2), 0.1);
  EXPECT_NEAR(schedule.rate(4.5), 0.01, 1e-16);
}

TEST(Schedule, WarmsUpLinearly) {
  ScheduleSettings settings;
  settings.kind = "constant";
  settings.rate = 0.4;
  settings.warmup_epochs = 2;
  const Schedule schedule(settings, 5);
  EXPECT_DOUBLE_EQ(schedule.rate(0.5), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(2), 0.4);
}

TEST(Schedule, RejectsImpossibleSettings) {
  ScheduleSettings unknown;
  unknown.kind = "linear";
  EXPECT_THROW(Schedule(unknown, 1), InputError);
  ScheduleSettings zero;
  zero.rate = 0;
  EXPECT_THROW(Schedule(zero, 1), InputError);
  ScheduleSettings infinite;
  infinite.rate = std::numeric_limits<double>::infinity();
  EXPECT_THROW(Schedule(infinite, 1), InputError);
  ScheduleSettings endless;
  endless.warmup_epochs = std::numeric_limits<double>::infinity();
  EXPECT_THROW(Schedule(endless, 1), InputError);
  ScheduleSettings unsorted;
  unsorted.milestones = {4, 2};
  EXPECT_THROW(Schedule(unsorted, 1), InputError);
}

}  // namespace
}  // namespace eigenprop
