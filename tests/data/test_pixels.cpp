#include <gtest/gtest.h>

#include <cmath>

#include "data/normalization.hpp"
#include "data/resampling.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

Image gradient(int height, int width) {
  Image image{height, width, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c)
        image.pixels.push_back(static_cast<std::uint8_t>(10 * y + 3 * x + c));
    }
  }
  return image;
}

TEST(Resample, IsTheIdentityAtTheSameSize) {
  const auto image = gradient(5, 7);
  const auto same = resample(image, {0, 0, 5, 7}, 5, 7, false);
  const auto mirrored = resample(image, {0, 0, 5, 7}, 5, 7, true);
  for (std::size_t i = 0; i < same.values.size(); ++i)
    EXPECT_NEAR(same.values[i], image.pixels[i], 1e-4);
  EXPECT_NEAR(mirrored.values[0], image.pixels[6 * 3], 1e-4);
}

// Pillow: Image.resize((2, 2), BILINEAR) of a 4 x 4 ramp 0 … 15, before rounding: with support 2
// the inner weights of each axis are 1/8 … as below.
TEST(Resample, ReducesWithATriangleFilter) {
  Image image{4, 4, {}};
  for (int i = 0; i < 16; ++i) {
    for (int c = 0; c < 3; ++c) image.pixels.push_back(static_cast<std::uint8_t>(i));
  }
  // Weights of pixels 0 … 2 for the output centre 1: 3/4, 3/4, 1/4, normalized by 7/4.
  const double position = (0 * 0.75 + 1 * 0.75 + 2 * 0.25) / 1.75;
  const auto small = resample(image, {0, 0, 4, 4}, 2, 2, false);
  EXPECT_NEAR(small.values[0], 4 * position + position, 1e-5);
  EXPECT_NEAR(small.values[9], 15 - (4 * position + position), 1e-5);
}

TEST(Resample, LabelsTakeTheNearestAndLoseGaps) {
  const LabelMap map{2, 4, 4, {0, 0, 3, 3, 1, 1, 3, 3}};
  const auto half = resample(map, {0, 0, 2, 4}, 2, 2, false);
  EXPECT_EQ(half.labels, (std::vector<std::int32_t>{0, 2, 1, 2}));
  EXPECT_EQ(half.segments, 3);
  const auto crop = resample(map, {0, 2, 2, 2}, 2, 2, true);
  EXPECT_EQ(crop.segments, 1);
  EXPECT_THROW(resample(map, {0, 2, 2, 4}, 2, 2, false), InputError);
}

// Reference values of the CIE formulas for sRGB primaries under D65 (e.g. Lindbloom's tables).
TEST(RgbToLab, HasTheValuesOfTheStandard) {
  const float colours[][3] = {{255, 255, 255}, {0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}};
  const double expected[][3] = {{100, 0, 0},
                                {0, 0, 0},
                                {53.2408, 80.0925, 67.2032},
                                {87.7347, -86.1827, 83.1793},
                                {32.2970, 79.1875, -107.8602}};
  for (int i = 0; i < 5; ++i) {
    float lab[3];
    rgb_to_lab(colours[i], lab);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(lab[c], expected[i][c], 0.02);
  }
}

TEST(Normalize, AppendsCentredPositions) {
  const auto image = resample(gradient(2, 4), {0, 0, 2, 4}, 2, 4, false);
  PixelSettings settings;
  settings.space = "bgr";
  settings.mean = {1, 2, 3};
  settings.deviation = {2, 2, 2};
  const auto tensor = normalize(image, settings);
  EXPECT_EQ(tensor.shape(), Shape({1, 2, 4, 5}));
  const auto v = to_host(tensor);
  EXPECT_NEAR(v[0], (2 - 1) / 2.0, 1e-5);
  EXPECT_NEAR(v[2], (0 - 3) / 2.0, 1e-5);
  EXPECT_NEAR(v[3], -0.75, 1e-6);
  EXPECT_NEAR(v[4], -0.25, 1e-6);
  EXPECT_NEAR(v[7 * 5 + 3], 0.75, 1e-6);
  settings.deviation = {1, 0, 1};
  EXPECT_THROW(normalize(image, settings), InputError);
  settings.deviation = {1, 1, 1};
  settings.space = "hsv";
  EXPECT_THROW(normalize(image, settings), InputError);
}

}  // namespace
}  // namespace eigenprop
