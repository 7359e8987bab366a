#include <gtest/gtest.h>

#include <vector>

#include "data/nested_partitions.hpp"
#include "evaluation/region_scores.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

// Values 0, 1/8 .. 7/8 at random places: pixels appear late, parts touch by corners, and no
// threshold's regions are bounded by closed contours.
ContourMap random_contours(std::uint32_t seed, int height, int width) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  ContourMap contours{height, width, {}};
  const auto places = index(contours.rows()) * index(contours.columns());
  for (std::uint64_t i = 0; i < places; ++i) contours.values.push_back(stream.integer(i, 8) / 8.0);
  return contours;
}

LabelMap random_truth(std::uint32_t seed, int height, int width) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 1, 0, 0});
  LabelMap map{height, width, 4, {}};
  for (std::uint64_t i = 0; i < index(height) * index(width); ++i)
    map.labels.push_back(static_cast<std::int32_t>(stream.integer(i, 5)) - 1);
  return map;
}

// One threshold by a search from every pixel that has no segment yet.
LabelMap searched_cut(const ContourMap& contours, double threshold) {
  const int rows = contours.rows(), columns = contours.columns();
  const auto at = [&](int y, int x) { return index(y) * index(columns) + index(x); };
  std::vector<int> labels(contours.values.size(), -1);
  LabelMap map{contours.height, contours.width, 0, {}};
  for (int y = 1; y < rows; y += 2) {
    for (int x = 1; x < columns; x += 2) {
      if (labels[at(y, x)] < 0 && contours.values[at(y, x)] <= threshold) {
        std::vector<std::pair<int, int>> open = {{y, x}};
        labels[at(y, x)] = map.segments;
        while (!open.empty()) {
          const auto [v, u] = open.back();
          open.pop_back();
          for (int b = std::max(v - 1, 0); b <= std::min(v + 1, rows - 1); ++b) {
            for (int a = std::max(u - 1, 0); a <= std::min(u + 1, columns - 1); ++a) {
              if (labels[at(b, a)] >= 0 || contours.values[at(b, a)] > threshold) continue;
              labels[at(b, a)] = map.segments;
              open.emplace_back(b, a);
            }
          }
        }
        ++map.segments;
      }
      map.labels.push_back(labels[at(y, x)]);
    }
  }
  return map;
}

const std::vector<double> thresholds = {0, 0.125, 0.2, 0.3, 0.5, 0.6, 0.75, 0.8};

TEST(NestedPartitions, AreTheCutsOfEachThreshold) {
  for (std::uint32_t seed = 1; seed < 20; ++seed) {
    const auto contours = random_contours(seed, 7, 9);
    const auto nested = cut_contours(contours, thresholds);
    for (std::size_t t = 0; t < thresholds.size(); ++t) {
      const auto expected = searched_cut(contours, thresholds[t]);
      const auto found = partition(nested, t);
      EXPECT_EQ(found.labels, expected.labels) << "seed " << seed << ", threshold " << t;
      EXPECT_EQ(found.segments, expected.segments);
    }
  }
}

TEST(NestedPartitions, HaveTheScoresOfTheirMapsToTheBit) {
  for (std::uint32_t seed = 1; seed < 6; ++seed) {
    const auto nested = cut_contours(random_contours(seed, 12, 10), thresholds);
    const std::vector<LabelMap> truths = {random_truth(seed, 12, 10),
                                          random_truth(seed + 9, 12, 10)};
    std::vector<LabelMap> maps;
    for (std::size_t t = 0; t < thresholds.size(); ++t) maps.push_back(partition(nested, t));
    const auto one = score_nested(nested, truths);
    const auto other = score_image(maps, truths);
    EXPECT_EQ(one.recall_sums, other.recall_sums);
    EXPECT_EQ(one.recall_area, other.recall_area);
    EXPECT_EQ(one.recall_best, other.recall_best);
    EXPECT_EQ(one.precision_sums, other.precision_sums);
    EXPECT_EQ(one.precision_areas, other.precision_areas);
    EXPECT_EQ(one.rand, other.rand);
    EXPECT_EQ(one.information, other.information);
    EXPECT_EQ(one.table_average, other.table_average);
    EXPECT_EQ(one.table_best, other.table_best);
  }
}

TEST(NestedPartitions, SayWhatIsWrong) {
  const auto contours = random_contours(1, 2, 2);
  EXPECT_THROW(cut_contours(contours, {0.5, 0.25}), InputError);
  EXPECT_THROW(partition(cut_contours(contours, {0.5}), 1), InputError);
  EXPECT_THROW(score_nested(NestedPartitions{}, {random_truth(1, 2, 2)}), InputError);
  EXPECT_EQ(benchmark_thresholds().size(), 99u);
  EXPECT_EQ(benchmark_thresholds().front(), 0.01);
  EXPECT_EQ(benchmark_thresholds().back(), 0.99);
  EXPECT_EQ(benchmark_thresholds(1), std::vector<double>{0.5});
}

// Each of 300 x 300 pixels its own segment: more than 16 bits count.
TEST(NestedPartitions, TakeMoreSegmentsThanSixteenBitsCount) {
  ContourMap contours{300, 300, std::vector<double>(601 * 601, 0.5)};
  for (int y = 1; y < 601; y += 2) {
    for (int x = 1; x < 601; x += 2) contours.values[index(y) * 601 + index(x)] = 0;
  }
  const auto nested = cut_contours(contours, {0.25, 0.75});
  EXPECT_EQ(nested.levels[0].segments, 90000);
  EXPECT_EQ(nested.levels[1].segments, 1);
}

}  // namespace
}  // namespace eigenprop
