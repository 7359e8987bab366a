#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "runtime/error.hpp"
#include "scaling/scaling_cases.hpp"
#include "scaling/scaling_programs.hpp"
#include "scaling/scaling_run.hpp"
#include "temporary_folder.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

class ScalingCases : public testing::Test {
 protected:
  std::vector<ScalingCase> read(const std::string& text) {
    std::ofstream(path()) << text;
    return read_scaling_cases(path());
  }
  std::string path() const { return folder_.path() + "/cases.toml"; }

  void expect_error(const std::string& text, const std::string& message) {
    try {
      read(text);
      FAIL() << "no error of " << text;
    } catch (const ConfigurationError& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
      EXPECT_THAT(error.what(), HasSubstr(path()));
    }
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ScalingCases, ReadsCasesInTheirOrder) {
  const auto cases = read(
      "# of a study\n[b]\nruns = \"nca_gradient\"\nranks = [1, 2]\n[b.settings]\npoints = 50\n"
      "[a]\nruns = \"low_rank_gradient\" # rows\nscaling = \"weak\"\nranks = [2, 4]\ntolerance = "
      "1e-9\n[a.settings]\nrows = 10\nsegments = 2\n[a.small]\nrows = 5\n");
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].name, "b");
  EXPECT_EQ(cases[0].copies(2), 1);
  EXPECT_EQ(cases[1].copies(4), 2);
  EXPECT_EQ(cases[1].tolerance, 1e-9);
  EXPECT_THAT(program_of_case(cases[1], false).configuration, HasSubstr("rows = 10"));
  EXPECT_THAT(program_of_case(cases[1], true).configuration, HasSubstr("rows = 5"));
  EXPECT_THAT(program_of_case(cases[1], true).configuration, HasSubstr("segments = 2"));
}

TEST_F(ScalingCases, SettingsOfTrainingsAreThoseOfTheirDrivers) {
  const auto cases = read(
      "[t]\nruns = \"train_ncuts\"\nranks = [1]\n[t.settings]\ndata.samples = 4\n"
      "[t.settings.model]\ntrunk = \"small\"\nhidden = 0\n[t.settings.train]\nbatch = 2\n");
  const auto text = program_of_case(cases[0], false).configuration;
  EXPECT_THAT(text, HasSubstr("trunk = \"small\""));
  EXPECT_THAT(text, HasSubstr("batch = 2"));
}

TEST_F(ScalingCases, ErrorsNameLineAndKey) {
  expect_error("", "holds none");
  expect_error("x = 1\n[a]\nruns = \"nca_gradient\"\nranks = [1]\n", "x");
  expect_error("[a]\nranks = [1]\n", "lacks the key 'runs'");
  expect_error("[a]\nruns = \"nca\"\nranks = [1]\n", "line 2");
  expect_error("[a]\nruns = \"nca_gradient\"\n", "ranks");
  expect_error("[a]\nruns = \"nca_gradient\"\nranks = [2, 1]\n", "ascend");
  expect_error("[a]\nruns = \"nca_gradient\"\nranks = [1]\nrepeat = 3\n", "repeats");
  expect_error("[a]\nruns = \"nca_gradient\"\nranks = [1]\n\n[a.settings]\npoint = 3\n", "line 6");
  expect_error("[a]\nruns = \"nca_gradient\"\nranks = [1]\n[a.settings]\npoints = 0\n",
               "must be positive");
  expect_error("[a]\nruns = \"nca_gradient\"\nranks = [1]\n[a.big]\npoints = 9\n", "a.big");
  expect_error("[a]\nruns = \"nca_gradient\"\nranks = [1]\nscaling = \"weak\"\n",
               "has no weak form");
  expect_error("[a]\nruns = \"low_rank_gradient\"\nranks = [2, 3]\nscaling = \"weak\"\n",
               "multiples");
  expect_error("[a.settings]\npoints = 9\n", "apart from its case");
}

TEST_F(ScalingCases, LineTellsTheMedianOfTheSlowestRank) {
  ScalingRow row;
  row.scaling = "strong";
  row.steps = 2;
  // Three repeats on two ranks.
  row.seconds = {1, 3, 8, 2, 4, 4};
  row.messages = {30, 0, 12, 6};
  row.message_bytes = {300, 0, 150, 180};
  row.peak_memory = {0.5, 0.25};
  ScalingPlace place;
  place.ranks = 2;
  EXPECT_EQ(scaling_line("c", place, row, "ok"),
            "scaling case=c scaling=strong nodes=1 ranks=2 threads=1 seconds=2 fastest=1.5 "
            "slowest=4 messages=5 bytes=55 memory_mib=512.0 difference=0 status=ok");
  ScalingRow failed;
  failed.scaling = "weak";
  failed.error = "no memory\nfor it";
  EXPECT_THAT(scaling_line("c", place, failed, "failed"),
              HasSubstr("seconds=nan fastest=nan slowest=nan"));
  EXPECT_THAT(scaling_line("c", place, failed, "failed"),
              HasSubstr("status=failed error=no memory for it"));
}

TEST(Copies, LeaveTheNumbersOfWeakCases) {
  const auto& world = test_communicator();
  for (const auto& [name, small] : std::map<std::string, std::string>{
           {"low_rank_gradient", "rows = 50\nfeatures = 5\n"},
           {"low_rank_eigenvectors", "rows = 50\nvectors = 4\n"},
           {"second_order_pooling", "batch = 3\nlocations = 4\nfeatures = 6\n"}}) {
    Numbers of_one;
    for (const std::int64_t copies : {1, 3}) {
      ScalingCase c;
      c.runs = name;
      c.settings = small;
      const auto program = program_of_case(c, false).program;
      program->prepare({copies, 1, ""}, world);
      program->run([] {});
      if (copies == 1) of_one = program->numbers();
      for (const auto& [number, value] : program->numbers()) {
        EXPECT_GT(std::abs(value), 0) << name << ", " << number;
        EXPECT_NEAR(value, of_one.at(number), 1e-10 * std::abs(value)) << name << ", " << number;
      }
    }
  }
}

}  // namespace
}  // namespace eigenprop
