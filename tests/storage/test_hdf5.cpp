#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "runtime/version.hpp"
#include "storage/hdf5.hpp"
#include "storage/publish.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

TEST(H5File, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  const auto path = folder / "file.h5";
  const std::vector<std::int32_t> matrix = {1, 2, 3, 4, 5, 6};
  {
    auto file = H5File::create(path);
    file.set_format("test", 1);
    file.set_attribute("/group", "real", 2.5);
    file.write("/group/matrix", {3, 2}, matrix.data(), true);
    file.write("/empty", std::vector<double>{});
    file.write_strings("/names", {"a", "long name", "Größe 海", ""});
    file.write_string("/text", std::string(100000, 'x'));
    file.write("/vector", std::vector<double>{1, 2, 3});
  }
  const auto file = H5File::open(path);
  file.check_format("test", 1);
  EXPECT_EQ(file.string_attribute("/", "eigenprop_version"), version());
  EXPECT_EQ(file.string_attribute("/", "commit"), commit());
  EXPECT_EQ(file.real_attribute("/group", "real"), 2.5);
  EXPECT_EQ(file.shape("/group/matrix"), Shape({3, 2}));
  EXPECT_EQ(file.read<std::int32_t>("/group/matrix"), matrix);
  EXPECT_EQ(file.read<std::int64_t>("/group/matrix", 1, 1), (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(file.read<double>("/empty").empty());
  EXPECT_EQ(file.read_strings("/names"),
            (std::vector<std::string>{"a", "long name", "Größe 海", ""}));
  EXPECT_EQ(file.read_strings("/text").at(0).size(), 100000u);
  EXPECT_EQ(file.read<double>("/vector"), (std::vector<double>{1, 2, 3}));
  EXPECT_TRUE(file.is_double("/vector"));
  EXPECT_FALSE(file.is_double("/group/matrix"));
  EXPECT_TRUE(file.has("/group/matrix"));
  EXPECT_FALSE(file.has("/nothing/matrix"));
  EXPECT_EQ(file.names("/group"), std::vector<std::string>{"matrix"});
}

TEST(H5File, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const auto missing = folder / "missing.h5";
  EXPECT_EQ(input_error([&] { H5File::open(missing); }), "there is no file '" + missing + "'");

  const auto foreign = folder / "foreign.h5";
  std::ofstream(foreign) << "this is no HDF5 file";
  EXPECT_EQ(input_error([&] { H5File::open(foreign); }),
            "file '" + foreign + "' is not an HDF5 file");

  const auto other = folder / "other.h5";
  {
    auto file = H5File::create(other);
    file.write("/data", std::vector<double>(20000, 1.5));
  }
  const auto format = [&] { H5File::open(other).check_format("wanted", 1); };
  EXPECT_THAT(input_error(format), HasSubstr("no attribute 'format', where 'wanted' is needed"));
  {
    auto file = H5File::modify(other);
    file.set_attribute("/", "format", "something");
    file.set_attribute("/", "version", std::int64_t{3});
  }
  EXPECT_THAT(input_error(format), HasSubstr("its format is 'something'"));
  EXPECT_THAT(input_error([&] { H5File::open(other).check_format("something", 2); }),
              HasSubstr("version 3 of 'something' is newer"));
  EXPECT_THAT(input_error([&] { H5File::open(other).read<double>("/nothing"); }),
              HasSubstr("no dataset '/nothing'"));
  EXPECT_THAT(input_error([&] { H5File::open(other).read<double>("/data", 19990, 20); }),
              HasSubstr("ends before row 20010"));

  // Half of the file.
  const auto size = std::filesystem::file_size(other);
  std::filesystem::resize_file(other, size / 2);
  EXPECT_THAT(input_error([&] {
                const auto file = H5File::open(other);
                file.read<double>("/data");
              }),
              HasSubstr(other));
}

TEST(H5File, ReportsAnUnwritableFolder) {
  EXPECT_THAT(input_error([] { H5File::create("/nonexistent/folder/file.h5"); }),
              HasSubstr("/nonexistent/folder/file.h5"));
}

TEST(PublishFile, ReplacesInOneStep) {
  const TemporaryFolder folder;
  std::ofstream(folder / "old") << "old";
  std::ofstream(folder / "new") << "new";
  publish_file(folder / "new", folder / "old");
  std::string content;
  std::ifstream(folder / "old") >> content;
  EXPECT_EQ(content, "new");
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
  EXPECT_THAT(input_error([&] { publish_file(folder / "new", folder / "old"); }),
              HasSubstr("cannot be written"));
}

}  // namespace
}  // namespace eigenprop
