#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmath>

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
    RunFile run(path, {"program", "[train]\nepochs = 2\n", 7}, -1, comm);
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
    RunFile run(path, {"program", "", 7}, -1, comm);
    for (int step = 1; step <= 5; ++step) {
      run.append("train", {{"step", step}});
      if (step % 2 == 0) run.append("score", {{"step", step}, {"error", 0.1 * step}});
    }
  }
  comm.barrier();
  {
    RunFile run(path, {"program", "", 7}, 3, comm);
    run.append("train", {{"step", 4}});
  }
  comm.barrier();
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/train/step"),
            (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/score/step"), (std::vector<double>{2}));
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/score/error"), (std::vector<double>{0.2}));
}

// Columns of one table have one length, whatever a row lacks or adds.
TEST(RunFile, KeepsRowsTogether) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "run.h5";
  {
    RunFile run(path, {"program", "", 7}, -1, comm);
    run.append("train", {{"step", 1}, {"loss", 0.5}});
    run.flush();
    run.append("train", {{"step", 2}});
    run.append("train", {{"step", 3}, {"loss", 1.5}, {"late", 4}});
  }
  comm.barrier();
  const auto file = H5File::open(path);
  const auto loss = file.read<double>("/metrics/train/loss");
  const auto late = file.read<double>("/metrics/train/late");
  ASSERT_EQ(file.read<double>("/metrics/train/step"), (std::vector<double>{1, 2, 3}));
  ASSERT_EQ(loss.size(), 3u);
  ASSERT_EQ(late.size(), 3u);
  EXPECT_EQ(loss[0], 0.5);
  EXPECT_TRUE(std::isnan(loss[1]));
  EXPECT_EQ(loss[2], 1.5);
  EXPECT_TRUE(std::isnan(late[0]) && std::isnan(late[1]));
  EXPECT_EQ(late[2], 4);
}

// A reader that holds the file, with HDF5's lock or without, neither stops the writer nor sees its
// table change.
TEST(RunFile, TakesNoNoticeOfReaders) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "run.h5";
  RunFile run(path, {"program", "", 7}, -1, comm);
  run.append("train", {{"step", 1}});
  run.flush();
  comm.barrier();
  const int lock = open(path.c_str(), O_RDONLY);
  ASSERT_EQ(flock(lock, LOCK_SH), 0);
  const auto reader = H5File::open(path);
  comm.barrier();
  run.append("train", {{"step", 2}});
  run.flush();
  comm.barrier();
  EXPECT_EQ(reader.read<double>("/metrics/train/step"), (std::vector<double>{1}));
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/train/step"), (std::vector<double>{1, 2}));
  close(lock);
}

// A checkpoint that is good goes on without a run file, with a damaged one, and with one of fewer
// steps; what is lost is told.
TEST(RunFile, GoesOnWithWhatIsLeft) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "run.h5";
  {
    RunFile run(path, {"program", "", 7}, 5, comm);
    if (comm.is_root()) {
      EXPECT_THAT(run.remarks(), testing::ElementsAre(testing::HasSubstr("there is no run file")));
    }
    run.append("train", {{"step", 6}});
  }
  comm.barrier();
  {
    RunFile run(path, {"program", "", 7}, 8, comm);
    if (comm.is_root()) {
      EXPECT_THAT(run.remarks(), testing::ElementsAre(testing::HasSubstr("ends at step 6")));
    }
  }
  comm.barrier();
  {
    RunFile run(path, {"program", "", 7}, 6, comm);
    EXPECT_TRUE(run.remarks().empty());
  }
  comm.barrier();
  if (comm.is_root()) std::filesystem::resize_file(path, 100);
  comm.barrier();
  {
    RunFile run(path, {"program", "", 7}, 6, comm);
    if (comm.is_root()) {
      EXPECT_THAT(run.remarks(), testing::Contains(testing::HasSubstr("is damaged")));
      EXPECT_EQ(std::filesystem::file_size(path + ".damaged"), 100u);
    }
  }
  comm.barrier();
  // As an earlier version left it where it died while it wrote its first rows.
  if (comm.is_root()) {
    auto file = H5File::create(path);
    file.set_attribute("/", "format", "eigenprop-run");
    file.set_attribute("/", "version", std::int64_t{1});
    file.write("/metrics", std::vector<double>{1});
  }
  comm.barrier();
  {
    RunFile run(path, {"program", "", 7}, 6, comm);
    if (comm.is_root()) {
      EXPECT_THAT(run.remarks(), testing::Contains(testing::HasSubstr("is damaged")));
    }
    run.append("train", {{"step", 7}});
  }
  comm.barrier();
  EXPECT_EQ(H5File::open(path).read<double>("/metrics/train/step"), (std::vector<double>{7}));
}

TEST(RunFile, KeepsConfigurationsThatWereChanged) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "run.h5";
  { RunFile(path, {"program", "a=1\n", 7}, -1, comm).append("train", {{"step", 1}}); }
  comm.barrier();
  { RunFile(path, {"program", "a=2\n", 7}, 1, comm).append("train", {{"step", 2}}); }
  comm.barrier();
  { const RunFile run(path, {"program", "a=2\n", 7}, 2, comm); }
  comm.barrier();
  const auto file = H5File::open(path);
  EXPECT_EQ(file.read_strings("/configuration").at(0), "a=2\n");
  EXPECT_EQ(file.names("/earlier_configurations"), std::vector<std::string>{"1"});
  EXPECT_EQ(file.read_strings("/earlier_configurations/1").at(0), "a=1\n");
}

TEST(RunFile, RefusesAForeignFile) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  const auto path = folder / "other.h5";
  if (comm.is_root()) H5File::create(path).set_attribute("/", "format", "something");
  comm.barrier();
  const auto message = input_error([&] { RunFile(path, {"program", "", 7}, 1, comm); });
  EXPECT_EQ(message == "no error", !comm.is_root());
}

}  // namespace
}  // namespace eigenprop
