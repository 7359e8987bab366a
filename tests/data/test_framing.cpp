#include <gtest/gtest.h>

#include <set>

#include "data/framing.hpp"

namespace eigenprop {
namespace {

// A pixel's red value is its number; green and blue are zero.
Image numbered(int height, int width) {
  const auto pixels = static_cast<std::size_t>(height * width);
  Image image{height, width, std::vector<std::uint8_t>(3 * pixels)};
  for (std::size_t i = 0; i < pixels; ++i) image.pixels[3 * i] = static_cast<std::uint8_t>(i + 1);
  return image;
}

std::vector<int> framed_red(const Image& image, std::int64_t side, const Placement& placement) {
  const PixelSettings raw = {"rgb", {0, 0, 0}, {1, 1, 1}, false};
  std::vector<float> frames = {-1};
  append_framed(image, raw, side, placement, frames);
  EXPECT_EQ(frames.size(), 1 + static_cast<std::size_t>(3 * side * side));
  EXPECT_EQ(frames[0], -1) << "what was there stays";
  std::vector<int> red;
  for (std::size_t i = 1; i < frames.size(); i += 3) red.push_back(static_cast<int>(frames[i]));
  return red;
}

TEST(Framing, CentresSmallerImages) {
  EXPECT_EQ(framed_red(numbered(2, 2), 4, {}),
            (std::vector<int>{0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0}));
}

TEST(Framing, CropsLargerImagesAroundTheirCentre) {
  EXPECT_EQ(framed_red(numbered(4, 4), 2, {}), (std::vector<int>{6, 7, 10, 11}));
}

TEST(Framing, MovesAndMirrors) {
  EXPECT_EQ(framed_red(numbered(2, 2), 4, {1, -1, true}),
            (std::vector<int>{0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 4, 3, 0, 0}));
  // Beyond the frame nothing is left.
  EXPECT_EQ(framed_red(numbered(1, 1), 1, {1, 0, false}), std::vector<int>{0});
}

TEST(Framing, NormalizesBeforeFilling) {
  std::vector<float> frames;
  append_framed(numbered(1, 1), {"rgb", {2, 2, 2}, {0.5, 0.5, 0.5}, false}, 3, {}, frames);
  EXPECT_EQ(frames[3 * 4], -2);
  EXPECT_EQ(frames[3 * 4 + 1], -4);
  EXPECT_EQ(frames[0], 0) << "outside the image lies the mean";
}

TEST(Framing, DrawsEveryPlacementWithinTheJitter) {
  const FramingSettings settings = {8, 2, true};
  std::set<std::int64_t> down;
  std::set<std::int64_t> right;
  int flips = 0;
  for (std::uint32_t sample = 0; sample < 200; ++sample) {
    const RandomKey key{1, RandomPurpose::augmentation, 0, sample, 0};
    const auto placement = random_placement(settings, key);
    const auto again = random_placement(settings, key);
    EXPECT_EQ(placement.down, again.down);
    EXPECT_EQ(placement.flip, again.flip);
    down.insert(placement.down);
    right.insert(placement.right);
    flips += placement.flip ? 1 : 0;
  }
  const std::set<std::int64_t> all = {-2, -1, 0, 1, 2};
  EXPECT_EQ(down, all);
  EXPECT_EQ(right, all);
  EXPECT_GT(flips, 60);
  EXPECT_LT(flips, 140);
}

}  // namespace
}  // namespace eigenprop
