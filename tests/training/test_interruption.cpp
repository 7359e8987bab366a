#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "storage/hdf5.hpp"
#include "temporary_folder.hpp"
#include "toy_problem.hpp"
#include "training/training_run.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

struct Course {
  ExitStatus status;
  int evaluations;
};

struct Way {
  const char* method;
  bool alternates;
};
constexpr Way ways[] = {{"sgd", false}, {"cg", false}, {"lmvm", false}, {"lmvm", true}};

SolverSettings settings_of(const Way& way) {
  SolverSettings settings;
  settings.method = way.method;
  settings.epochs = 3;
  settings.batch = 5;
  settings.iterations = 6;
  settings.restart = 2;
  settings.schedule.rate = 0.05;
  return settings;
}

class Trainings : public testing::Test {
 protected:
  TrainingFiles files(const std::string& name) const {
    TrainingFiles files;
    files.output = folder_ / (name + ".h5");
    files.checkpoint = folder_ / (name + "_c.h5");
    files.log_level = "off";
    return files;
  }

  Course train(const Way& way, const TrainingFiles& files, const Interruption& interruption,
               const std::string& configuration = "seed=1\n") const {
    const auto& comm = test_communicator();
    const StopRequest stop;
    ToyProblem problem(way.alternates, interruption, comm);
    const auto solver = make_solver(settings_of(way), problem, comm);
    const auto log = make_logger(comm, "off");
    const auto status =
        run_training({"toy", files, configuration, 1}, problem, *solver, stop, comm, *log);
    return {status, problem.evaluations()};
  }

  static std::vector<double> column(const TrainingFiles& files, const std::string& name) {
    test_communicator().barrier();
    return H5File::open(files.output).read<double>("/metrics/" + name);
  }
  static std::vector<double> parameters(const TrainingFiles& files) {
    const auto checkpoint = read_checkpoint(files.checkpoint, test_communicator());
    return to_host(checkpoint.parameters.at("x").as<double>());
  }

  TemporaryFolder folder_;
};

// At each unit of some evaluations, of one rank alone: the run ends with a checkpoint, and what
// goes on from it gives the rows and the parameters of the run that nothing stopped.
TEST_F(Trainings, GoOnToTheSameNumbers) {
  const auto& comm = test_communicator();
  const int ranks = comm.size();
  for (const auto& way : ways) {
    const auto whole = files("whole");
    const auto course = train(way, whole, {});
    ASSERT_EQ(course.status, ExitStatus::success);
    int stops = 0;
    // The last evaluation is a score or a step, which all that is asked later cannot stop.
    for (int evaluation = 1; evaluation <= course.evaluations; evaluation += 5) {
      const Interruption interruption{evaluation % ranks, evaluation, evaluation % 2};
      SCOPED_TRACE(std::string(way.method) + (way.alternates ? " in turn" : "") + ", evaluation " +
                   std::to_string(evaluation));
      auto other = files("other");
      const auto first = train(way, other, interruption);
      // A unit that this rank does not have.
      if (first.status == ExitStatus::success) continue;
      ASSERT_EQ(first.status, ExitStatus::stopped_by_request);
      ++stops;
      other.resume = "auto";
      ASSERT_EQ(train(way, other, {}).status, ExitStatus::success);
      EXPECT_EQ(parameters(other), parameters(whole));
      EXPECT_EQ(column(other, "train/step"), column(whole, "train/step"));
      EXPECT_EQ(column(other, "train/objective"), column(whole, "train/objective"));
      EXPECT_EQ(column(other, "test/step"), column(whole, "test/step"));
      EXPECT_EQ(column(other, "test/objective"), column(whole, "test/objective"));
    }
    EXPECT_GE(stops, 2);
  }
}

// A request that is there before the first step.
TEST_F(Trainings, StopBeforeTheFirstStep) {
  auto stopped = files("stopped");
  ASSERT_EQ(train(ways[0], stopped, {0, 1, 0}).status, ExitStatus::stopped_by_request);
  EXPECT_EQ(read_checkpoint(stopped.checkpoint, test_communicator()).step, 0);
}

TEST_F(Trainings, NameASettingThatHasChanged) {
  auto run = files("run");
  ASSERT_EQ(train(ways[0], run, {0, 3, 0}).status, ExitStatus::stopped_by_request);
  run.resume = "auto";
  EXPECT_THAT(input_error([&] { train(ways[0], run, {}, "seed=2\n"); }),
              HasSubstr("seed: 1 before, 2 now"));
  run.resume = "changed";
  EXPECT_EQ(train(ways[0], run, {}, "seed=2\n").status, ExitStatus::success);
  test_communicator().barrier();
  const auto file = H5File::open(run.output);
  EXPECT_EQ(file.read_strings("/configuration").at(0), "seed=2\n");
  const auto earlier = file.names("/earlier_configurations");
  ASSERT_EQ(earlier.size(), 1u);
  EXPECT_EQ(file.read_strings("/earlier_configurations/" + earlier[0]).at(0), "seed=1\n");
}

// Steps so long that the next checkpoint by their number is far: rows and checkpoints come by time.
TEST_F(Trainings, SaveByTime) {
  auto run = files("run");
  run.checkpoint_minutes = 1e-3;
  const auto& comm = test_communicator();
  const StopRequest stop;
  ToyProblem problem(false, {}, comm);
  std::int64_t rows = 0, step = 0;
  problem.after_step = [&](const Moment&) {
    comm.barrier();
    // Writing may take a hundredth of the time: on a busy machine, that is long.
    if (step == 0 || rows == 0) std::this_thread::sleep_for(std::chrono::milliseconds(500));
    if (comm.is_root()) {
      step = std::max(step, H5File::open(run.checkpoint).integer_attribute("/", "step"));
      const auto file = H5File::open(run.output);
      if (file.has("/metrics/train/step"))
        rows = std::max(rows, file.shape("/metrics/train/step")[0]);
      // The end of the wait.
      if (step > 0 && rows > 0) std::raise(SIGUSR1);
    }
  };
  SolverSettings settings = settings_of(ways[0]);
  settings.epochs = 200;
  const auto solver = make_solver(settings, problem, comm);
  const auto log = make_logger(comm, "off");
  EXPECT_EQ(run_training({"toy", run, "", 1}, problem, *solver, stop, comm, *log),
            ExitStatus::stopped_by_request);
}

// The checkpoint counts: a run file that is gone does not keep a run from going on.
TEST_F(Trainings, GoOnWithoutTheirRunFile) {
  auto run = files("run");
  ASSERT_EQ(train(ways[0], run, {0, 5, 0}).status, ExitStatus::stopped_by_request);
  if (test_communicator().is_root()) std::filesystem::remove(run.output);
  test_communicator().barrier();
  const auto step = read_checkpoint(run.checkpoint, test_communicator()).step;
  run.resume = "auto";
  ASSERT_EQ(train(ways[0], run, {}).status, ExitStatus::success);
  EXPECT_EQ(column(run, "train/step").front(), static_cast<double>(step + 1));
}

}  // namespace
}  // namespace eigenprop
