#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "evaluation/region_measures.hpp"
#include "evaluation/region_scores.hpp"
#include "runtime/error.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

LabelMap random_map(std::uint32_t seed, int segments) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  LabelMap map{6, 8, segments, {}};
  for (std::uint64_t i = 0; i < 48; ++i)
    map.labels.push_back(
        static_cast<std::int32_t>(stream.integer(i, static_cast<std::uint32_t>(segments))));
  return map;
}

// Pairs of pixels on which two partitions agree, counted one by one.
TEST(RandIndex, EqualsTheCountOfPairs) {
  for (std::uint32_t seed = 1; seed < 6; ++seed) {
    const auto a = random_map(seed, 4);
    const auto b = random_map(seed + 50, 3);
    int agree = 0;
    int pairs = 0;
    for (std::size_t i = 0; i < 48; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        ++pairs;
        agree += (a.labels[i] == a.labels[j]) == (b.labels[i] == b.labels[j]) ? 1 : 0;
      }
    }
    EXPECT_NEAR(rand_index(contingency(a, b)), static_cast<double>(agree) / pairs, 1e-12);
  }
}

// Two halves against quarters: H(A) = 1 bit, H(B) = 2, mutual information 1.
TEST(VariationOfInformation, CountsBits) {
  const LabelMap halves{1, 4, 2, {0, 0, 1, 1}};
  const LabelMap quarters{1, 4, 4, {0, 1, 2, 3}};
  EXPECT_NEAR(variation_of_information(contingency(halves, quarters)), 1, 1e-12);
  EXPECT_EQ(variation_of_information(contingency(halves, halves)), 0);
}

// Ground truth of 6 and 2 pixels; a segment covers 4 of the 6, another the rest.
TEST(Covering, IsTheAreaWeightedOverlap) {
  const LabelMap truth{1, 8, 2, {0, 0, 0, 0, 0, 0, 1, 1}};
  const LabelMap map{1, 8, 2, {0, 0, 0, 0, 1, 1, 1, 1}};
  const auto covered = row_coverings(overlaps(map, truth));
  EXPECT_NEAR(row_coverings(overlaps(truth, map)).best[0], 4.0 / 6, 1e-15);
  EXPECT_NEAR(row_coverings(overlaps(truth, map)).best[1], 2.0 / 4, 1e-15);
  EXPECT_NEAR(row_coverings(overlaps(truth, map)).covering(), (6 * 4.0 / 6 + 2 * 0.5) / 8, 1e-15);
  EXPECT_EQ(covered.areas, (std::vector<double>{4, 4}));
  LabelMap small = map;
  small.width = 4;
  small.height = 2;
  EXPECT_THROW(overlaps(truth, small), InputError);
}

// Pixels without a segment count in the areas of the truth, but match nothing.
TEST(Covering, LeavesUnlabelledPixelsOut) {
  const LabelMap truth{1, 4, 1, {0, 0, 0, 0}};
  const LabelMap map{1, 4, 1, {0, 0, -1, -1}};
  EXPECT_NEAR(row_coverings(overlaps(truth, map)).best[0], 0.5, 1e-15);
}

// Two images, two scales; all sums worked out by hand.
TEST(Summarize, PoolsOverImagesAndRegions) {
  ImageScores first;
  first.recall_sums = {6, 8};
  first.recall_area = 10;
  first.recall_best = 9;
  first.precision_sums = {5, 5};
  first.precision_areas = {10, 10};
  first.rand = {0.5, 0.9};
  first.information = {2, 1};
  first.coverings = {0.3, 0.5};
  first.table_average = 0.5;
  first.table_best = 0.75;
  ImageScores second = first;
  second.recall_sums = {27, 15};
  second.recall_area = 30;
  second.recall_best = 28;
  second.rand = {0.8, 0.6};
  second.information = {1, 3};
  second.coverings = {0.4};  // its last scale counts again
  second.table_best = 0.85;
  const auto s = summarize({first, second}, {});
  EXPECT_NEAR(s.covering_ods, 33.0 / 40, 1e-12);
  EXPECT_EQ(s.image_coverings, (std::vector<std::vector<double>>{{0.3, 0.5}, {0.4, 0.4}}));
  EXPECT_EQ(s.covering_ods_scale, 1);
  EXPECT_NEAR(s.covering_ois, (8 + 27) / 40.0, 1e-12);
  EXPECT_NEAR(s.covering_best, 37.0 / 40, 1e-12);
  EXPECT_NEAR(s.pri_ods, 0.75, 1e-12);
  EXPECT_EQ(s.pri_ods_scale, 2);
  EXPECT_NEAR(s.pri_ois, 0.85, 1e-12);
  EXPECT_NEAR(s.vi_ods, 1.5, 1e-12);
  EXPECT_NEAR(s.vi_ois, 1, 1e-12);
  EXPECT_NEAR(s.table2_best, 0.8, 1e-12);
  EXPECT_NEAR(s.table2_average, 0.5, 1e-12);
}

TEST(ScoreImage, RejectsWhatCannotBeCompared) {
  const auto map = random_map(1, 3);
  EXPECT_THROW(score_image({}, {map}), InputError);
  EXPECT_THROW(score_image({map}, {}), InputError);
  auto other = map;
  other.height = 5;
  EXPECT_THROW(score_image({map}, {other}), InputError);
}

// As many segments as pixels in both: a dense table would take 80 GB.
TEST(Contingency, IsAsLargeAsThePairsThatMeet) {
  const int side = 320;
  LabelMap map{side, side, side * side, {}};
  for (int i = 0; i < side * side; ++i) map.labels.push_back(i);
  auto reversed = map;
  std::reverse(reversed.labels.begin(), reversed.labels.end());
  EXPECT_EQ(contingency(map, reversed).counts.size(), map.labels.size());
  EXPECT_EQ(rand_index(contingency(map, reversed)), 1);
  EXPECT_EQ(row_coverings(overlaps(map, reversed)).covering(), 1);
}

}  // namespace
}  // namespace eigenprop
