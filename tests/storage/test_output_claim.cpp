#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "storage/output_claim.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

std::string refusal(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs) {
  return input_error([&] { OutputClaim(inputs, outputs, test_communicator()); });
}

void make(const std::string& path) {
  if (test_communicator().is_root()) std::ofstream(path) << "content";
  test_communicator().barrier();
}

TEST(OutputClaim, RefusesAnInputByAnyName) {
  const TemporaryFolder folder;
  const auto data = folder / "data.h5";
  make(data);
  if (test_communicator().is_root()) {
    std::filesystem::create_symlink("data.h5", folder / "symbolic.h5");
    std::filesystem::create_hard_link(data, folder / "hard.h5");
    std::filesystem::create_directory_symlink(folder.path(), folder / "folder");
  }
  test_communicator().barrier();
  const std::vector<std::string> names = {"data.h5", "symbolic.h5", "hard.h5", "folder/data.h5",
                                          "./data.h5"};
  for (const auto& name : names) {
    EXPECT_THAT(refusal({{"data", data}}, {{"output", folder / name}}),
                HasSubstr("would overwrite --data"))
        << name;
  }
  EXPECT_EQ(refusal({{"data", data}, {"test", ""}}, {{"output", folder / "run.h5"}}), "no error");
  // The name on the way to an output.
  make(folder / "run.h5.tmp");
  EXPECT_THAT(refusal({{"data", folder / "run.h5.tmp"}}, {{"output", folder / "run.h5"}}),
              HasSubstr("would overwrite"));
}

TEST(OutputClaim, RefusesOneNameForTwoOutputs) {
  const TemporaryFolder folder;
  const auto path = folder / "run.h5";
  EXPECT_THAT(refusal({}, {{"output", path}, {"checkpoint", folder / "./run.h5"}}),
              HasSubstr("are one file"));
  EXPECT_THAT(refusal({}, {{"output", folder.path()}}), HasSubstr("is no file"));
  EXPECT_THAT(refusal({}, {{"output", folder / "nothing/run.h5"}}), HasSubstr("cannot be written"));
}

TEST(OutputClaim, ExcludesAnotherRun) {
  const TemporaryFolder folder;
  const auto path = folder / "run.h5";
  {
    const OutputClaim first({}, {{"output", path}}, test_communicator());
    EXPECT_THAT(refusal({}, {{"output", path}}), HasSubstr("is being written by another run"));
  }
  EXPECT_EQ(refusal({}, {{"output", path}}), "no error");
  test_communicator().barrier();
  EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
}

// What a killed run leaves neither blocks the next one nor stays.
TEST(OutputClaim, TakesOverFromTheDead) {
  const TemporaryFolder folder;
  const auto path = folder / "run.h5";
  make(path + ".lock");
  make(path + ".tmp");
  EXPECT_EQ(refusal({}, {{"output", path}}), "no error");
  test_communicator().barrier();
  EXPECT_FALSE(std::filesystem::exists(path + ".lock"));
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

}  // namespace
}  // namespace eigenprop
