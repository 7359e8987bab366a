#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/augmentation.hpp"
#include "data/boundary_targets.hpp"
#include "data/rotation.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Eq;

Image ramp(int height, int width) {
  Image image{height, width, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c)
        image.pixels.push_back(static_cast<std::uint8_t>(100 + 5 * y + 3 * x + c));
    }
  }
  return image;
}

int red(const Image& image, int y, int x) {
  return image.pixels[static_cast<std::size_t>(3 * (y * image.width + x))];
}

TEST(Rotation, TurnsClockwise) {
  const Image image = ramp(5, 5);
  EXPECT_EQ(rotated(image, 0).pixels, image.pixels);
  const Image quarter = rotated(image, 90);
  LabelMap map{5, 5, 25, {}};
  for (int i = 0; i < 25; ++i) map.labels.push_back(i);
  const LabelMap turned = rotated(map, 90);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 5; ++x) {
      // What was at the left is on top.
      EXPECT_EQ(red(quarter, y, x), red(image, 4 - x, y));
      EXPECT_EQ(turned.labels[static_cast<std::size_t>(5 * y + x)], 5 * (4 - x) + y);
    }
  }
  EXPECT_EQ(rotated(image, 180).pixels, rotated(quarter, 90).pixels);
}

// A linear function stays one away from the border, up to rounding.
TEST(Rotation, IsBilinear) {
  const Image image = ramp(21, 15);
  const double angle = 25;
  const Image turned = rotated(image, angle);
  const double c = std::cos(angle * M_PI / 180), s = std::sin(angle * M_PI / 180);
  for (int y = 7; y < 14; ++y) {
    for (int x = 5; x < 10; ++x) {
      const double from_y = 10 + c * (y - 10) - s * (x - 7),
                   from_x = 7 + s * (y - 10) + c * (x - 7);
      EXPECT_NEAR(red(turned, y, x), 100 + 5 * from_y + 3 * from_x, 0.5 + 1e-9);
    }
  }
}

TEST(Rotation, MirrorsAtTheBorder) {
  const Image line = ramp(1, 4);
  // A quarter turn of one line: all but its middle lies outside.
  const Image turned = rotated(line, 90);
  for (int x = 0; x < 4; ++x)
    EXPECT_EQ(red(turned, 0, x), (red(line, 0, 1) + red(line, 0, 2)) / 2 + 1);
  LabelMap map{1, 4, 4, {0, 1, 2, 3}};
  const LabelMap labels = rotated(map, 37);
  EXPECT_EQ(labels.labels.size(), 4u);
  EXPECT_EQ(labels.segments, *std::max_element(labels.labels.begin(), labels.labels.end()) + 1);
}

TEST(ColourChange, IsThatOfTorchvision) {
  const std::vector<float> values = {10, 20, 30, 200, 100, 50};
  FloatImage image{1, 2, 3, values};
  change_colours(image, {});
  EXPECT_EQ(image.values, values);
  image.values = values;
  change_colours(image, {1.5, 1, 1});
  EXPECT_THAT(image.values, ElementsAre(15, 30, 45, 255, 150, 75));
  const auto grey = [](double r, double g, double b) { return 0.299 * r + 0.587 * g + 0.114 * b; };
  image.values = values;
  change_colours(image, {1, 0.5, 1});
  const double mean = (grey(10, 20, 30) + grey(200, 100, 50)) / 2;
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_NEAR(image.values[i], (static_cast<double>(values[i]) + mean) / 2, 1e-5);
  image.values = values;
  change_colours(image, {1, 1, 0});
  EXPECT_NEAR(image.values[0], grey(10, 20, 30), 1e-5);
  EXPECT_NEAR(image.values[5], grey(200, 100, 50), 1e-5);
}

TEST(RandomView, TurnsAndRecoloursOnlyWhereAsked) {
  AugmentationSettings plain, changed;
  changed.rotation = 30;
  changed.colour = 0.4;
  double largest = 0, brightest = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const RandomKey key{1, RandomPurpose::test, 0, i, 0};
    const auto a = random_view(plain, 40, 60, key), b = random_view(changed, 40, 60, key);
    EXPECT_EQ(a.degrees, 0);
    EXPECT_TRUE(a.colour.none());
    // The rest is as without them.
    EXPECT_EQ(a.rectangle.top, b.rectangle.top);
    EXPECT_EQ(a.flip, b.flip);
    largest = std::max(largest, std::abs(b.degrees));
    brightest = std::max(brightest, b.colour.brightness);
    EXPECT_GE(b.colour.contrast, 0.6);
    EXPECT_LE(b.colour.saturation, 1.4);
  }
  EXPECT_GT(largest, 27);
  EXPECT_LE(largest, 30);
  EXPECT_GT(brightest, 1.35);
  EXPECT_LE(brightest, 1.4);
  changed.rotation = 181;
  EXPECT_THROW(random_view(changed, 10, 10, {}), InputError);
  changed.rotation = 0;
  changed.colour = 1;
  EXPECT_THROW(random_view(changed, 10, 10, {}), InputError);
}

TEST(RandomView, ShowsImageAndLabelsAlike) {
  // Labels are where the image is bright.
  SegmentedImage both;
  both.image = {40, 60, {}};
  LabelMap map{40, 60, 2, {}};
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 60; ++x) {
      const bool bright = (x - 35) * (x - 35) + (y - 12) * (y - 12) < 90;
      map.labels.push_back(bright ? 1 : 0);
      for (int c = 0; c < 3; ++c) both.image.pixels.push_back(bright ? 250 : 0);
    }
  }
  AugmentationSettings settings;
  settings.long_side = 60;
  settings.short_side = 40;
  settings.rotation = 180;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto view = random_view(settings, 40, 60, {1, RandomPurpose::test, 0, i, 0});
    const auto pixels = seen(both.image, view);
    const auto labels = seen(map, view, view.height, view.width);
    if (labels.segments < 2) continue;
    int apart = 0;
    for (std::size_t p = 0; p < labels.labels.size(); ++p)
      apart += (pixels.values[3 * p] > 125) != (labels.labels[p] == 1) ? 1 : 0;
    EXPECT_LT(apart, 60) << i;
  }
}

TEST(BoundaryTargets, AreSharesOfPeople) {
  const LabelMap halves{2, 4, 2, {0, 0, 1, 1, 0, 0, 1, 1}};
  const LabelMap whole{2, 4, 1, std::vector<std::int32_t>(8, 0)};
  EXPECT_THAT(boundary_shares({halves}, 0), ElementsAre(0, 1, 1, 0, 0, 1, 1, 0));
  EXPECT_THAT(boundary_shares({halves, whole}, 0), ElementsAre(0, 0.5, 0.5, 0, 0, 0.5, 0.5, 0));
  EXPECT_THAT(boundary_shares({halves, halves, halves}, 1), Each(Eq(1)));
  const LabelMap corner{3, 3, 2, {1, 0, 0, 0, 0, 0, 0, 0, 0}};
  EXPECT_THAT(boundary_shares({corner}, 0), ElementsAre(1, 1, 0, 1, 0, 0, 0, 0, 0));
  EXPECT_THAT(boundary_shares({corner}, 1), ElementsAre(1, 1, 1, 1, 1, 0, 1, 0, 0));
  EXPECT_THAT(boundary_shares({corner}, 1.5), ElementsAre(1, 1, 1, 1, 1, 1, 1, 1, 0));
  EXPECT_THAT(boundary_shares({LabelMap{1, 1, 1, {0}}}, 2), ElementsAre(0));
  EXPECT_THAT(boundary_shares({LabelMap{3, 1, 2, {0, 0, 1}}}, 0), ElementsAre(0, 1, 1));
  EXPECT_THROW(boundary_shares({}, 0), InputError);
  EXPECT_THROW(boundary_shares({halves}, -1), InputError);
  EXPECT_THROW(boundary_shares({halves, corner}, 0), InputError);
}

TEST(BoundaryTargets, GiveBothClassesTheSameWeight) {
  const auto weights = balanced_weights({0, 0.5, 1, 0, 0, 0});
  double on = 0, off = 0;
  for (std::size_t i = 0; i < 12; i += 2) {
    on += static_cast<double>(weights[i]);
    off += static_cast<double>(weights[i + 1]);
  }
  EXPECT_NEAR(on, 0.75 * 1.5, 1e-6);
  EXPECT_NEAR(off, on, 1e-6);
  // Of one class alone.
  EXPECT_THAT(balanced_weights({0, 0}), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(balanced_weights({1, 1}), ElementsAre(1, 0, 1, 0));
}

}  // namespace
}  // namespace eigenprop
