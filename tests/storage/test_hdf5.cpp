#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <utility>

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

// An array where one value is read wrote over what stood behind it.
TEST(H5File, TakesAttributesOfOneValue) {
  const TemporaryFolder folder;
  const auto path = folder / "file.h5";
  H5File::create(path).set_attribute("/", "text", "some");
  {
    const H5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const hsize_t many = 1000, one = 1;
    const std::vector<std::int64_t> values(many, 7);
    for (const auto& [name, size] : {std::pair("many", &many), std::pair("one", &one)}) {
      const H5Handle space(H5Screate_simple(1, size, nullptr), H5Sclose);
      const H5Handle attribute(
          H5Acreate2(file.get(), name, H5T_NATIVE_INT64, space.get(), H5P_DEFAULT, H5P_DEFAULT),
          H5Aclose);
      ASSERT_GE(H5Awrite(attribute.get(), H5T_NATIVE_INT64, values.data()), 0);
    }
    const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const H5Handle large(
        H5Acreate2(file.get(), "large", H5T_NATIVE_UINT64, space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    const std::uint64_t beyond = std::uint64_t{1} << 63;
    ASSERT_GE(H5Awrite(large.get(), H5T_NATIVE_UINT64, &beyond), 0);
  }
  const auto file = H5File::open(path);
  EXPECT_EQ(file.integer_attribute("/", "one"), 7);
  EXPECT_EQ(file.real_attribute("/", "one"), 7);
  EXPECT_EQ(file.real_attributes("/", "many"), std::vector<double>(1000, 7));
  EXPECT_THAT(input_error([&] { file.integer_attribute("/", "many"); }),
              HasSubstr("attribute 'many' of '/' holds 1000 values, not one"));
  EXPECT_THAT(input_error([&] { file.integer_attribute("/", "large"); }),
              HasSubstr("attribute 'large' of '/' is outside of -9223372036854775808"));
  EXPECT_THAT(input_error([&] { file.real_attribute("/", "many"); }), HasSubstr("1000 values"));
  EXPECT_THAT(input_error([&] { file.string_attribute("/", "many"); }),
              HasSubstr("holds whole numbers, not text"));
  EXPECT_THAT(input_error([&] { file.integer_attribute("/", "text"); }),
              HasSubstr("holds text, not whole numbers"));
}

TEST(H5File, ChecksKindRangeShapeAndSizeBeforeItReads) {
  const TemporaryFolder folder;
  const auto path = folder / "file.h5";
  {
    auto file = H5File::create(path);
    file.write("/floats", std::vector<double>{0.25, 0.5});
    file.write("/large", std::vector<std::int32_t>{3, 256});
    file.write("/negative", std::vector<std::int32_t>{3, -1});
    file.write("/table", {2, 3}, std::vector<std::int32_t>(6).data());
    file.write_strings("/texts", {});
    const H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    const hsize_t chunk = 64, extent = hsize_t{1} << 45, most = hsize_t{1} << 61;
    H5Pset_chunk(creation.get(), 1, &chunk);
    const H5Handle out(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    const auto declare = [&](const char* name, const hsize_t* size) {
      const H5Handle space(H5Screate_simple(1, size, nullptr), H5Sclose);
      const H5Handle dataset(H5Dcreate2(out.get(), name, H5T_NATIVE_UINT8, space.get(), H5P_DEFAULT,
                                        creation.get(), H5P_DEFAULT),
                             H5Dclose);
      ASSERT_GE(dataset.get(), 0) << name;
    };
    const hsize_t some = hsize_t{1} << 30;
    declare("/declared", &some);
    declare("/too_large", &extent);
    declare("/impossible", &most);
    constexpr H5Z_filter_t lzf = 32000;
    H5Pset_filter(creation.get(), lzf, H5Z_FLAG_OPTIONAL, 0, nullptr);
    declare("/lzf", &chunk);
  }
  const auto file = H5File::open(path);
  const auto error = [&](const std::string& name) {
    return input_error([&] { file.read<std::uint8_t>(name); });
  };
  const auto what = [&](const std::string& name) {
    return "file '" + path + "': dataset '" + name + "' ";
  };
  EXPECT_EQ(error("/floats"),
            what("/floats") + "holds floats, where whole numbers 0 ... 255 are needed");
  EXPECT_EQ(error("/large"), what("/large") + "has values outside of 0 ... 255");
  EXPECT_EQ(error("/negative"), what("/negative") + "has values outside of 0 ... 255");
  EXPECT_EQ(file.read<double>("/negative"), (std::vector<double>{3, -1}));
  EXPECT_THAT(error("/lzf"), HasSubstr("compressed by the filter"));
  EXPECT_THAT(error("/lzf"), HasSubstr("(32000), which this HDF5 lacks"));
  EXPECT_THAT(error("/declared"), HasSubstr("more than the file holds"));
  EXPECT_THAT(error("/too_large"), HasSubstr("GiB of memory; this machine has"));
  EXPECT_THAT(error("/impossible"), HasSubstr("extents that no file can hold"));
  EXPECT_EQ(input_error([&] { file.read_table<std::int32_t>("/table", 2); }),
            what("/table") + "is (2, 3), where (n, 2) is needed");
  EXPECT_EQ(input_error([&] { file.read_list<std::int32_t>("/table"); }),
            what("/table") + "is (2, 3), where (n) is needed");
  EXPECT_EQ(input_error([&] { file.read_string("/texts"); }),
            what("/texts") + "is (0), not one text");
  constexpr std::int64_t far = std::int64_t{1} << 62;
  for (const auto& [first, count] :
       {std::pair(far, far), std::pair(far, std::int64_t{1}),
        std::pair(std::int64_t{1}, far - 1 + far), std::pair(std::int64_t{-1}, std::int64_t{1}),
        std::pair(std::int64_t{0}, std::int64_t{-7})}) {
    EXPECT_THAT(input_error([&, f = first, c = count] { file.read<std::int32_t>("/table", f, c); }),
                HasSubstr("dataset '/table', (2, 3), begins behind row"));
  }
}

// What xarray and netCDF make of the scales, tests/drivers/test_dimensions.sh tells.
TEST(H5File, DimensionsHaveNames) {
  const TemporaryFolder folder;
  auto file = H5File::create(folder / "named.h5");
  file.write("/table/step", std::vector<double>{1, 2, 3});
  file.write("/table/loss", std::vector<double>{7, 8, 9});
  file.write("/table/short", std::vector<double>{4});
  file.write("/square", Shape{2, 2}, std::vector<double>{1, 2, 3, 4}.data());
  file.name_dimensions("/table/loss", {"step"});
  file.name_dimensions("/table/step", {"step"});
  file.name_dimensions("/square", {"row", "column"});
  EXPECT_EQ(file.names("/"), (std::vector<std::string>{"square", "table"}));
  EXPECT_EQ(file.names("/table"), (std::vector<std::string>{"loss", "short", "step"}));
  EXPECT_EQ(file.read<double>("/table/step"), (std::vector<double>{1, 2, 3}));
  EXPECT_THAT(input_error([&] { file.name_dimensions("/table/short", {"step"}); }),
              HasSubstr("dimension '/table/step' has (3) values, not 1"));
  EXPECT_THAT(input_error([&] { file.name_dimensions("/square", {"row"}); }),
              HasSubstr("dataset '/square' needs one name a dimension"));
}

}  // namespace
}  // namespace eigenprop
