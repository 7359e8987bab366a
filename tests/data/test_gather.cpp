#include <gtest/gtest.h>

#include <utility>

#include "data/gather.hpp"
#include "data/sampling.hpp"
#include "test_session.hpp"

namespace eigenprop {
namespace {

SegmentedImage image(int number) {
  SegmentedImage result;
  result.name = "image " + std::to_string(number);
  result.image.height = 2 + number;
  result.image.width = 3;
  for (int s = 0; s < number % 3; ++s) {
    LabelMap map{2 + number, 3, 2 + s, {}};
    for (int i = 0; i < 3 * (2 + number); ++i) map.labels.push_back((i + s + number) % 2);
    result.segmentations.push_back(map);
  }
  if (number % 2 == 0) {
    result.contours = {2 + number, 3, {}};
    for (int i = 0; i < result.contours.rows() * 7; ++i) result.contours.values.push_back(i / 8.0);
  }
  return result;
}

TEST(ImageConveyor, KeepsTheOrder) {
  const auto& comm = test_communicator();
  for (const auto& [count, ranks] : {std::pair{0, 1}, {1, 1}, {7, 1}, {23, 1}, {9, 2}}) {
    const RankGroup group(ranks, comm);
    std::vector<SegmentedImage> all;
    ImageConveyor conveyor(count, group, comm,
                           [&](const SegmentedImage& image) { all.push_back(image); });
    for (int i = group.number(); i < count; i += group.groups()) {
      if (group.is_root()) conveyor.give(image(i));
    }
    conveyor.finish();
    ASSERT_EQ(static_cast<int>(all.size()), comm.is_root() ? count : 0);
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      const auto expected = image(i);
      const auto& found = all[static_cast<std::size_t>(i)];
      EXPECT_EQ(found.name, expected.name);
      EXPECT_EQ(found.image.height, expected.image.height);
      EXPECT_EQ(found.image.width, expected.image.width);
      EXPECT_EQ(found.contours.values, expected.contours.values);
      EXPECT_EQ(found.contours.height, expected.contours.height);
      ASSERT_EQ(found.segmentations.size(), expected.segmentations.size());
      for (std::size_t s = 0; s < expected.segmentations.size(); ++s) {
        const auto& map = found.segmentations[s];
        EXPECT_EQ(map.height, expected.segmentations[s].height);
        EXPECT_EQ(map.width, expected.segmentations[s].width);
        EXPECT_EQ(map.segments, expected.segmentations[s].segments);
        EXPECT_EQ(map.labels, expected.segmentations[s].labels);
      }
    }
  }
}

TEST(GatherToRoot, KeepsListsApart) {
  const auto& comm = test_communicator();
  const auto list = [](std::int64_t i) {
    return std::vector<float>(static_cast<std::size_t>(i % 4), static_cast<float>(i));
  };
  for (const int count : {0, 1, 9}) {
    const auto [first, last] = share_of(count, comm.rank(), comm.size());
    std::vector<std::vector<float>> own, expected;
    for (auto i = first; i < last; ++i) own.push_back(list(i));
    for (std::int64_t i = 0; i < count && comm.is_root(); ++i) expected.push_back(list(i));
    EXPECT_EQ(gather_to_root(own, comm), expected);
  }
}

}  // namespace
}  // namespace eigenprop
