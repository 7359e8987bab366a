#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/digest.hpp"
#include "storage/hdf5.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

struct Content {
  std::vector<std::int32_t> labels = {0, 1, 2, 1};
  std::int64_t side = 600;
  double first = 0, last = 0;
  bool compressed = false;
  std::vector<std::string> names = {"a", "b"};
};

void write(const std::string& path, const Content& content) {
  if (test_communicator().is_root()) {
    std::vector<double> pixels(static_cast<std::size_t>(content.side * content.side), 0.5);
    pixels.front() = content.first;
    pixels.back() = content.last;
    auto file = H5File::create(path);
    file.write("/labels/class", content.labels);
    file.write_strings("/names", content.names);
    // Beyond what is read in full.
    file.write("/images/pixels", {content.side, content.side}, pixels.data(), content.compressed);
  }
  test_communicator().barrier();
}

TEST(DataDigest, TellsDataSetsApart) {
  const TemporaryFolder folder;
  const auto path = folder / "data.h5";
  const auto of = [&](const Content& content) {
    write(path, content);
    auto digest = data_digest(path);
    // The next content is written when all have read this one.
    test_communicator().barrier();
    return digest;
  };
  const auto digest = of({});
  EXPECT_EQ(digest.size(), 16u);
  EXPECT_EQ(of({}), digest);
  Content other;
  other.compressed = true;
  EXPECT_EQ(of(other), digest) << "the same data in another layout";
  other.labels[3] = 2;
  EXPECT_NE(of(other), digest);
  other = {};
  other.names[1] = "c";
  EXPECT_NE(of(other), digest);
  other = {};
  other.side = 601;
  EXPECT_NE(of(other), digest);
  other = {};
  other.first = 1;
  EXPECT_NE(of(other), digest);
  other = {};
  other.last = 1;
  EXPECT_NE(of(other), digest);
}

TEST(DataDigest, IsComparedBetweenRanks) {
  const TemporaryFolder folder;
  const auto& comm = test_communicator();
  write(folder / "common.h5", {});
  EXPECT_EQ(require_same_data({{"data", folder / "common.h5"}, {"test", ""}}, comm).size(), 1u);
  if (comm.size() == 1) return;
  const auto own = folder / ("rank" + std::to_string(comm.rank()) + ".h5");
  auto file = H5File::create(own);
  file.write("/labels", std::vector<double>{static_cast<double>(comm.rank())});
  file.close();
  EXPECT_THAT(input_error([&] {
                require_same_data({{"data", own}}, comm);
              }),
              testing::HasSubstr("is not the same data set on all ranks"));
  const auto some = comm.rank() == 1 ? folder / "nothing.h5" : folder / "common.h5";
  EXPECT_EQ(input_error([&] {
              require_same_data({{"data", some}}, comm);
            }),
            "rank 1: there is no file '" + (folder / "nothing.h5") + "'");
}

}  // namespace
}  // namespace eigenprop
