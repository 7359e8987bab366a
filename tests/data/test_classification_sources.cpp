#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "data/classification_dataset.hpp"
#include "data/feature_dataset.hpp"
#include "runtime/error.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const PixelSettings raw = {"rgb", {0, 0, 0}, {1, 1, 1}, false};

H5File create(const std::string& path, const std::string& format,
              const std::vector<std::int32_t>& labels) {
  auto file = H5File::create(path);
  file.set_attribute("/", "format", format);
  file.set_attribute("/", "version", std::int64_t{1});
  file.write("/labels/class", labels);
  file.write_strings("/labels/names", {"cat", "dog"});
  return file;
}

// Three samples of shape (samples, ...) whose values count up from 0.
std::vector<float> write_features(const std::string& path, const Shape& shape) {
  auto file = create(path, "eigenprop-activations", {1, 0, 1});
  std::vector<float> values(static_cast<std::size_t>(shape.size()));
  std::iota(values.begin(), values.end(), 0.0F);
  file.write("/features", shape, values.data());
  return values;
}

TEST(ClassificationSources, ReadImagesFromTheFileAsFromMemory) {
  const TemporaryFolder folder;
  const auto path = folder / "images.h5";
  {
    auto file = create(path, "eigenprop-classification", {1, 0});
    file.write_strings("/images/name", {"wide", "tall"});
    file.write("/images/size", {2, 2}, std::vector<std::int32_t>{1, 3, 4, 2}.data());
    file.write("/images/offset", std::vector<std::int64_t>{0, 3, 11});
    std::vector<std::uint8_t> pixels(33);
    std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
    file.write("/images/pixels", {11, 3}, pixels.data(), true);
  }
  const ClassificationDataset in_memory(path);
  const ClassificationDataset on_disk(path, 0);
  EXPECT_EQ(on_disk.image(1).height, 4);
  EXPECT_EQ(on_disk.image(1).pixels.front(), 9);
  EXPECT_EQ(on_disk.image(1).pixels.back(), 32);
  EXPECT_EQ(on_disk.extents(raw, 5), (Shape{5, 5, 3}));
  for (std::int64_t i = 0; i < 2; ++i) {
    EXPECT_EQ(in_memory.image(i).pixels, on_disk.image(i).pixels);
    std::vector<float> values;
    on_disk.append(i, raw, 5, {}, values);
    EXPECT_EQ(values.size(), 75u);
  }
}

TEST(ClassificationSources, GiveFeaturesAsTheyAre) {
  const TemporaryFolder folder;
  const auto path = folder / "features.h5";
  const auto values = write_features(path, {3, 4, 2});
  const auto data = open_classification_source(path);
  EXPECT_EQ(data->size(), 3);
  EXPECT_EQ(data->label(1), 0);
  EXPECT_EQ(data->name(2), "2") << "without names, numbers";
  EXPECT_EQ(data->extents(raw, 32), (Shape{4, 1, 2}));
  std::vector<float> read = {-1};
  // Neither moved nor mirrored.
  data->append(1, raw, 32, {1, 1, true}, read);
  EXPECT_EQ(read[0], -1);
  EXPECT_EQ(std::vector<float>(read.begin() + 1, read.end()),
            std::vector<float>(values.begin() + 8, values.begin() + 16));

  write_features(folder / "maps.h5", {3, 2, 5, 4});
  EXPECT_EQ(FeatureDataset(folder / "maps.h5").extents(raw, 32), (Shape{2, 5, 4}));
}

TEST(ClassificationSources, RefuseWrongFeatures) {
  const TemporaryFolder folder;
  const auto path = folder / "features.h5";
  write_features(path, {3});
  EXPECT_THAT([&] { open_classification_source(path); },
              ThrowsMessage<InputError>(HasSubstr("(3), not (samples, dimensions")));
  write_features(path, {4, 2, 2});
  EXPECT_THAT([&] { open_classification_source(path); },
              ThrowsMessage<InputError>(HasSubstr("with classes for 3 samples")));
  {
    auto file = create(path, "eigenprop-activations", {0, 2});
    const std::vector<float> values(4, 1.0F);
    file.write("/features", {2, 2, 1}, values.data());
  }
  EXPECT_THAT(
      [&] { open_classification_source(path); },
      ThrowsMessage<InputError>(HasSubstr("image '1' has class 2; there are classes 0 to 1")));
  {
    auto file = create(path, "eigenprop-activations", {0, 1});
    file.write_strings("/images/name", {"sound", "broken"});
    const std::vector<float> values = {1, 2, 3, std::numeric_limits<float>::infinity()};
    file.write("/features", {2, 2, 1}, values.data());
  }
  const auto data = open_classification_source(path);
  std::vector<float> read;
  data->append(0, raw, 32, {}, read);
  EXPECT_EQ(read, (std::vector<float>{1, 2}));
  EXPECT_THAT([&] { data->append(1, raw, 32, {}, read); },
              ThrowsMessage<NonFiniteError>(HasSubstr("image 'broken' are not finite")));
}

}  // namespace
}  // namespace eigenprop
