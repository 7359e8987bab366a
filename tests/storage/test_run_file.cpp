#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/hdf5.hpp"
#include "storage/run_file.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

TEST(RunFile, KeepsWhatHappened) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "run.h5";
  {
    RunFile run(path, "program", "[train]\nepochs = 2\n", 7, -1, comm);
    for (int step = 1; step <= 3; ++step)
      run.append("train", {{"step", step}, {"loss", 0.5 * step}});
    run.flush();
    if (comm.is_root()) {
      // Readable while the run goes on.
      EXPECT_EQ(H5File::open(path).read<double>("/metrics/train/step").size(), 3u);
    }
    run.append("train", {{"step", 4}, {"loss", 2.0}});
  }
  comm.barrier();
  const auto file = H5File::open(path);
  file.check_format("eigenprop-run", 1);
  EXPECT_EQ(file.integer_attribute("/", "seed"), 7);
  EXPECT_EQ(file.integer_attribute("/", "ranks"), comm.size());
  EXPECT_EQ(file.read_strings("/configuration").at(0), "[train]\nepochs = 2\n");
  EXPECT_EQ(file.read<double>("/metrics/train/loss"), (std::vector<double>{0.5, 1, 1.5, 2}));
  EXPECT_GT(file.real_attribute("/", "seconds"), 0);
}

// Rows behind the checkpoint are done again: they must not stand twice.
TEST(RunFile, ResumesAfterTheCheckpoint) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "run.h5";
  {
    RunFile run(path, "program", "", 7, -1, comm);
    for (int step = 1; step <= 5; ++step) {
      run.append("train", {{"step", step}});
      if (step % 2 == 0) run.append("score", {{"step", step}, {"error", 0.1 * step}});
    }
  }
  comm.barrier();
  {
    RunFile run(path, "program", "", 7, 3, comm);
    run.append("train", {{"step", 4}});
  }
  comm.barrier();
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/train/step"),
            (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/score/step"), (std::vector<double>{2}));
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/score/error"), (std::vector<double>{0.2}));
}

TEST(RunFile, RefusesAForeignFile) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "other.h5";
  if (comm.is_root()) H5File::create(path).set_attribute("/", "format", "something");
  comm.barrier();
  const auto message = input_error([&] { RunFile(path, "program", "", 7, 1, comm); });
  EXPECT_EQ(message == "no error", !comm.is_root());
}

}  // namespace
}  // namespace eigenprop
