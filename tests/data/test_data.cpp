#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "data/augmentation.hpp"
#include "data/packed_labels.hpp"
#include "data/sampling.hpp"
#include "data/segmentation_dataset.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

SegmentedImage sample(const std::string& name, int height, int width) {
  SegmentedImage image;
  image.name = name;
  image.image = {height, width, {}};
  LabelMap map{height, width, 3, {}};
  for (int i = 0; i < height * width; ++i) {
    for (int c = 0; c < 3; ++c)
      image.image.pixels.push_back(static_cast<std::uint8_t>((7 * i + c) % 256));
    map.labels.push_back(i % 3);
  }
  image.segmentations = {map, map};
  return image;
}

void write_dataset(const std::string& path, const std::vector<SegmentedImage>& images,
                   std::int64_t missing_pixels = 0) {
  auto file = H5File::create(path);
  file.set_attribute("/", "format", "eigenprop-segmentation");
  file.set_attribute("/", "version", std::int64_t{1});
  write_label_maps(file, images);
  std::vector<std::uint8_t> pixels;
  for (const auto& image : images)
    pixels.insert(pixels.end(), image.image.pixels.begin(), image.image.pixels.end());
  const auto count = static_cast<std::int64_t>(pixels.size()) / 3 - missing_pixels;
  file.write("/images/pixels", {count, 3}, pixels.data(), true);
}

TEST(SegmentationDataset, HoldsImagesOfBothOrientations) {
  const TemporaryFolder folder;
  const auto path = folder / "data.h5";
  const std::vector<SegmentedImage> images = {sample("wide", 4, 6), sample("tall", 7, 3)};
  write_dataset(path, images);
  const SegmentationDataset data(path);
  ASSERT_EQ(data.size(), 2);
  for (std::int64_t i = 0; i < 2; ++i) {
    const auto& expected = images[static_cast<std::size_t>(i)];
    const auto found = data.image(i);
    EXPECT_EQ(found.name, expected.name);
    EXPECT_EQ(found.image.pixels, expected.image.pixels);
    ASSERT_EQ(found.segmentations.size(), 2u);
    EXPECT_EQ(found.segmentations[1].labels, expected.segmentations[1].labels);
    EXPECT_EQ(found.segmentations[1].segments, 3);
  }
}

// Labels of one, two and four bytes; limits that no image, some of them and all of them fit.
TEST(SegmentationDataset, HoldsWhatFitsItsLimit) {
  const TemporaryFolder folder;
  const auto path = folder / "data.h5";
  std::vector<SegmentedImage> images = {sample("few", 4, 6), sample("many", 300, 3),
                                        sample("most", 70000, 1), sample("again", 7, 3)};
  for (const std::size_t i : {1, 2}) {
    auto& map = images[i].segmentations[0];
    std::iota(map.labels.begin(), map.labels.end(), 0);
    map.segments = static_cast<int>(map.labels.size());
  }
  write_dataset(path, images);
  constexpr std::int64_t few = 24 * (3 + 2), many = 900 * (3 + 2 * 2), most = 70000 * (3 + 2 * 4),
                         again = 21 * (3 + 2);
  EXPECT_EQ(SegmentationDataset(path).bytes(), few + many + most + again);
  EXPECT_EQ(SegmentationDataset(path).largest_image(), most);
  const std::pair<std::int64_t, std::int64_t> held[] = {
      {0, 0},           {again - 1, 0},  {few - 1, 1},
      {few + again, 2}, {few + many, 2}, {few + many + most + again, 4}};
  for (const auto& [limit, expected] : held) {
    const SegmentationDataset data(path, limit);
    EXPECT_EQ(data.held(), 0);
    for (int pass = 0; pass < 2; ++pass) {
      for (std::int64_t i = 0; i < data.size(); ++i) {
        const auto image = data.image(i);
        const auto& given = images[static_cast<std::size_t>(i)];
        EXPECT_EQ(image.name, given.name);
        EXPECT_EQ(image.image.pixels, given.image.pixels);
        for (std::size_t s = 0; s < 2; ++s) {
          EXPECT_EQ(image.segmentations[s].labels, given.segmentations[s].labels);
          EXPECT_EQ(image.segmentations[s].segments, given.segmentations[s].segments);
          EXPECT_EQ(image.segmentations[s].height, given.image.height);
        }
      }
      EXPECT_EQ(data.held(), expected);
    }
  }
}

SegmentedImage with_contours(SegmentedImage image) {
  image.contours = {image.image.height, image.image.width, {}};
  const int places = image.contours.rows() * image.contours.columns();
  for (int i = 0; i < places; ++i) image.contours.values.push_back(i / 64.0);
  return image;
}

TEST(LabelMaps, KeepContours) {
  const TemporaryFolder folder;
  const auto path = folder / "result.h5";
  const std::vector<SegmentedImage> images = {with_contours(sample("wide", 4, 6)),
                                              with_contours(sample("tall", 7, 3))};
  write_dataset(path, images);
  {
    const LabelMapReader reader(path, "eigenprop-segmentation");
    for (std::size_t i = 0; i < 2; ++i) {
      const auto found = reader.image(static_cast<std::int64_t>(i));
      EXPECT_EQ(found.contours.values, images[i].contours.values);
      EXPECT_EQ(found.contours.height, images[i].image.height);
      EXPECT_EQ(found.contours.width, images[i].image.width);
    }
  }
  EXPECT_THAT(input_error([&] {
                write_dataset(path, {images[0], sample("tall", 7, 3)});
              }),
              HasSubstr("contours of 'tall' are missing"));
  write_dataset(path, images);
  {
    auto file = H5File::modify(path);
    const float value = std::numeric_limits<float>::infinity();
    file.write_rows("/contours/values", 200, 1, &value);
  }
  EXPECT_THAT(input_error([&] { LabelMapReader(path, "eigenprop-segmentation").image(1); }),
              HasSubstr("the contours of image 'tall' are not finite"));
  write_dataset(path, images);
  {
    auto file = H5File::modify(path);
    const std::int64_t offset = 116;
    file.write_rows("/contours/offset", 1, 1, &offset);
  }
  EXPECT_THAT(input_error([&] { LabelMapReader(path, "eigenprop-segmentation"); }),
              HasSubstr("the contours of image 'wide' are not of its double size"));
}

TEST(SegmentationDataset, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const auto path = folder / "data.h5";
  write_dataset(path, {sample("a", 4, 6)}, 5);
  EXPECT_THAT(input_error([&] { SegmentationDataset data(path); }),
              HasSubstr("pixels of image 'a' do not match its size"));
  write_dataset(path, {sample("a", 4, 6)});
  {
    auto file = H5File::modify(path);
    const std::int32_t size[] = {4, 7};
    file.write_rows("/images/size", 0, 1, size);
  }
  EXPECT_THAT(input_error([&] { SegmentationDataset data(path); }),
              HasSubstr("a segmentation of image 'a' has 24 labels, not 4 x 7"));
  write_dataset(path, {sample("a", 4, 6)});
  {
    auto file = H5File::modify(path);
    const std::int32_t segments[] = {3, 2};
    file.write_rows("/segmentations/segments", 0, 2, segments);
  }
  EXPECT_THAT(input_error([&] { SegmentationDataset(path).image(0); }),
              HasSubstr("a segmentation of image 'a' has labels outside 0 .. 1"));
  EXPECT_THAT(input_error([&] {
                auto wrong = sample("a", 4, 6);
                wrong.segmentations[0].height = 5;
                write_dataset(path, {wrong});
              }),
              HasSubstr("another size"));
}

TEST(EpochOrder, IsAPermutationForEachEpoch) {
  const auto first = epoch_order(100, 1, 0);
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> identity(100);
  std::iota(identity.begin(), identity.end(), std::int64_t{0});
  EXPECT_EQ(sorted, identity);
  EXPECT_NE(first, identity);
  EXPECT_EQ(first, epoch_order(100, 1, 0));
  EXPECT_NE(first, epoch_order(100, 1, 1));
  EXPECT_NE(first, epoch_order(100, 2, 0));
}

TEST(ShareOf, GivesEveryItemOnce) {
  for (const int size : {1, 2, 3, 4, 7}) {
    for (const std::int64_t count : {0, 1, 4, 10}) {
      std::int64_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const auto [first, last] = share_of(count, rank, size);
        EXPECT_EQ(first, next);
        EXPECT_LE(last - first, count / size + 1);
        next = last;
      }
      EXPECT_EQ(next, count);
    }
  }
}

TEST(RandomView, StaysInTheImageAndFollowsItsOrientation) {
  AugmentationSettings settings;
  int flips = 0;
  for (std::uint32_t i = 0; i < 200; ++i) {
    const RandomKey key{1, RandomPurpose::test, 0, i, 0};
    const auto view = random_view(settings, 321, 481, key);
    EXPECT_EQ(view.height, 160);
    EXPECT_EQ(view.width, 240);
    EXPECT_GE(view.rectangle.height, 0.6 * 321 - 1e-9);
    EXPECT_LE(view.rectangle.top + view.rectangle.height, 321 + 1e-9);
    EXPECT_LE(view.rectangle.left + view.rectangle.width, 481 + 1e-9);
    EXPECT_NEAR(view.rectangle.width / 481, view.rectangle.height / 321, 1e-12);
    flips += view.flip ? 1 : 0;
    EXPECT_EQ(random_view(settings, 481, 321, key).height, 240);
  }
  EXPECT_NEAR(flips, 100, 35);
  settings.smallest_crop = 1.5;
  EXPECT_THROW(random_view(settings, 10, 10, {}), InputError);
}

TEST(WholeView, KeepsProportions) {
  const auto view = whole_view(240, 321, 481);
  EXPECT_EQ(view.height, 160);
  EXPECT_EQ(view.width, 240);
  EXPECT_FALSE(view.flip);
}

// Places whose differences are right and whose products overflow; pixels of other kinds or shapes.
TEST(SegmentationDataset, ChecksPlacesAndPixels) {
  const TemporaryFolder folder;
  const auto path = folder / "data.h5";
  const auto error_with = [&](const auto& change, const char* replaced = nullptr) {
    write_dataset(path, {sample("a", 4, 6), sample("b", 2, 3)});
    if (replaced) {
      const H5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
      H5Ldelete(file.get(), replaced, H5P_DEFAULT);
    }
    {
      auto file = H5File::modify(path);
      change(file);
    }
    return input_error([&] {
      const SegmentationDataset data(path);
      for (std::int64_t i = 0; i < data.size(); ++i) data.image(i);
    });
  };
  const auto with_rows = [&](const char* name, std::vector<std::int64_t> values) {
    return error_with([&](H5File& file) {
      file.write_rows(name, 0, static_cast<std::int64_t>(values.size()), values.data());
    });
  };
  constexpr std::int64_t far = std::int64_t{1} << 62;
  EXPECT_EQ(with_rows("/images/offset", {0, 24, 30}), "no error");
  EXPECT_THAT(with_rows("/images/offset", {far, far + 24, far + 30}),
              HasSubstr("/images/offset must ascend from 0, but has 4611686018427387904"));
  EXPECT_THAT(with_rows("/images/offset", {0, 24, 23}), HasSubstr("but has 23 after 24"));
  EXPECT_THAT(with_rows("/images/first_segmentation", {0, far, 4}),
              HasSubstr("/images/first_segmentation must ascend"));
  EXPECT_THAT(with_rows("/segmentations/offset", {far, far + 24, far + 48, far + 54, far + 60}),
              HasSubstr("/segmentations/offset must ascend"));
  const auto pixels = [&](const Shape& shape, auto value) {
    return error_with(
        [&](H5File& file) {
          const std::vector<decltype(value)> values(static_cast<std::size_t>(shape.size()), value);
          file.write("/images/pixels", shape, values.data());
        },
        "/images/pixels");
  };
  EXPECT_EQ(pixels({30, 3}, std::int32_t{255}), "no error");
  EXPECT_THAT(pixels({30, 4}, std::uint8_t{1}), HasSubstr("'/images/pixels' is (30, 4), where"));
  EXPECT_THAT(pixels({3, 30}, std::uint8_t{1}), HasSubstr("'/images/pixels' is (3, 30), where"));
  EXPECT_THAT(pixels({30, 3}, 0.5F), HasSubstr("holds floats, where whole numbers 0 ... 255"));
  EXPECT_THAT(pixels({30, 3}, std::int32_t{256}), HasSubstr("has values outside of 0 ... 255"));
  EXPECT_THAT(error_with(
                  [&](H5File& file) {
                    file.write_strings("/images/name", {"a", "a"});
                  },
                  "/images/name"),
              HasSubstr("two images have the name 'a'"));
}

}  // namespace
}  // namespace eigenprop
