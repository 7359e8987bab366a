#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "data/nested_partitions.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/random.hpp"
#include "segmentation/connected_components.hpp"
#include "segmentation/contour_hierarchy.hpp"
#include "segmentation/spectral_contours.hpp"
#include "segmentation/watershed.hpp"

namespace eigenprop {
namespace {

std::vector<double> random_relief(std::uint32_t seed, std::size_t count, std::uint32_t levels) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  std::vector<double> relief;
  for (std::uint64_t i = 0; i < count; ++i) relief.push_back(stream.integer(i, levels) / 64.0);
  return relief;
}

TEST(Watershed, HasTheBasinsOfAProfile) {
  const std::vector<double> relief = {3, 1, 2, 5, 4, 4, 6, 0};
  EXPECT_EQ(watershed(relief, 1, 8).labels, (std::vector<std::int32_t>{0, 0, 0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(watershed(relief, 8, 1).labels, (std::vector<std::int32_t>{0, 0, 0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(watershed({1, 1, 1, 1}, 2, 2).segments, 1);
  EXPECT_THROW(watershed({1, std::nan("")}, 1, 2), InputError);
}

// Every basin is connected, and from each of its pixels a way along which the relief never rises
// ends at its minimum, or the pixel was reached over a pass: then no neighbour lies lower.
TEST(Watershed, FloodsFromEveryMinimum) {
  for (std::uint32_t seed = 1; seed < 10; ++seed) {
    const int height = 13, width = 17;
    const auto relief = random_relief(seed, 13 * 17, 12);
    const auto basins = watershed(relief, height, width);
    EXPECT_EQ(connected_components(basins, Connectivity::four).segments, basins.segments);
    std::vector<double> lowest(index(basins.segments), 1);
    for (std::size_t i = 0; i < relief.size(); ++i) {
      auto& least = lowest[index(basins.labels[i])];
      least = std::min(least, relief[i]);
    }
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const auto i = index(y * width + x);
        double below = relief[i], below_inside = relief[i];
        for (const auto& [v, u] : {std::pair(y - 1, x), {y + 1, x}, {y, x - 1}, {y, x + 1}}) {
          if (v < 0 || v >= height || u < 0 || u >= width) continue;
          const auto j = index(v * width + u);
          below = std::min(below, relief[j]);
          if (basins.labels[j] == basins.labels[i])
            below_inside = std::min(below_inside, relief[j]);
        }
        // Where water comes down from, it comes from the lowest side.
        EXPECT_EQ(below, below_inside) << "seed " << seed << ", pixel " << i;
      }
    }
  }
}

// The partition at a threshold, by merging the pair of the lowest mean strength, found by looking
// at all pairs and all sides anew.
LabelMap slow_cut(const LabelMap& regions, const ContourMap& strength, double threshold,
                  std::vector<double>* levels) {
  LabelMap map = regions, cut = regions;
  std::map<int, double> level_of;
  while (true) {
    std::map<std::pair<int, int>, std::pair<double, double>> sums;
    const auto add = [&](int a, int b, int place) {
      const auto pair = std::minmax(map.labels[index(a)], map.labels[index(b)]);
      if (pair.first == pair.second) return;
      auto& [sum, sides] = sums[{pair.first, pair.second}];
      sum += strength.values[index(place)];
      sides += 1;
    };
    for (int y = 0; y < map.height; ++y) {
      for (int x = 0; x < map.width; ++x) {
        const int pixel = y * map.width + x, place = (2 * y + 1) * strength.columns() + 2 * x + 1;
        if (x > 0) add(pixel - 1, pixel, place - 1);
        if (y > 0) add(pixel - map.width, pixel, place - strength.columns());
      }
    }
    if (sums.empty()) return cut;
    auto best = sums.begin();
    for (auto at = sums.begin(); at != sums.end(); ++at) {
      if (at->second.first / at->second.second < best->second.first / best->second.second)
        best = at;
    }
    const int kept = best->first.first, gone = best->first.second;
    const double level =
        std::max({best->second.first / best->second.second, level_of[kept], level_of[gone]});
    level_of[kept] = level;
    if (levels) levels->push_back(level);
    for (std::size_t i = 0; i < map.labels.size(); ++i) {
      const bool joined = map.labels[i] == gone || map.labels[i] == kept;
      if (joined && level <= threshold) cut.labels[i] = kept;
      if (map.labels[i] == gone) map.labels[i] = kept;
    }
  }
}

TEST(ContourHierarchy, IsThatOfMergingTheWeakestPairs) {
  for (std::uint32_t seed = 1; seed < 9; ++seed) {
    const int height = 11, width = 9;
    const auto regions = watershed(random_relief(seed, 99, 5), height, width);
    ASSERT_GT(regions.segments, 5);
    ContourMap strength{height, width, {}};
    strength.values = random_relief(seed + 100, 23 * 19, 1u << 20);
    const auto contours = contour_hierarchy(regions, strength);
    std::vector<double> levels;
    slow_cut(regions, strength, 0, &levels);
    ASSERT_EQ(levels.size() + 1, index(regions.segments));
    std::sort(levels.begin(), levels.end());
    for (const double level : levels) {
      const double threshold = level * (1 + 1e-12);
      const auto expected = slow_cut(regions, strength, threshold, nullptr);
      const auto found = partition(cut_contours(contours, {threshold}), 0);
      std::map<std::int32_t, std::int32_t> there, back;
      for (std::size_t i = 0; i < found.labels.size(); ++i) {
        const auto a = expected.labels[i], b = found.labels[i];
        EXPECT_EQ(there.try_emplace(a, b).first->second, b);
        EXPECT_EQ(back.try_emplace(b, a).first->second, a);
      }
    }
  }
}

// Two halves, v = ±1 with a step between the middle columns, and a second vector; node 0 is tied to
// nothing. Gradients are worked out by hand.
TEST(SpectralContours, SumGradientsOverEigenvectors) {
  SpectralVectors spectrum{1, 6, 3, {1, 0.75, 0.5}, {}, {0, 1, 4, 1, 1, 1}};
  const double first[] = {0, 1, 1, -1, -1, -1}, second[] = {0, 0, 0, 0, 0, 2};
  double squares[2] = {};
  for (int i = 0; i < 6; ++i) {
    const double root = std::sqrt(spectrum.degrees[index(i)]);
    spectrum.eigenvectors.insert(spectrum.eigenvectors.end(),
                                 {0.1, root * first[i], root * second[i]});
    squares[0] += first[i] * first[i];
    squares[1] += second[i] * second[i];
  }
  const auto found = spectral_contours(spectrum);
  const double a = std::sqrt(6 / squares[0] / 0.25), b = std::sqrt(6 / squares[1] / 0.5);
  const std::vector<double> expected = {0, 0, a, a, b, 2 * b};
  ASSERT_EQ(found.values.size(), 6u);
  // Central differences inside, one-sided at the ends: (−1 − 1) / 2, 0 beside the lone node.
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(found.values[i], expected[i], 1e-12) << i;
}

TEST(ContourHierarchy, TakesImagesOfOnePixelOrOneRegion) {
  const auto one = contour_hierarchy({1, 1, 1, {0}}, side_strengths({0.5}, 1, 1));
  EXPECT_EQ(one.values, std::vector<double>(9, 0.0));
  const auto line =
      contour_hierarchy({1, 3, 2, {0, 0, 1}}, side_strengths({0.5, 0.25, 0.125}, 1, 3));
  EXPECT_EQ(line.values, (std::vector<double>{0, 0, 0, 0, 0.25, 0, 0,  //
                                              0, 0, 0, 0, 0.25, 0, 0,  //
                                              0, 0, 0, 0, 0.25, 0, 0}));
  const auto flat = contour_hierarchy({2, 2, 1, {0, 0, 0, 0}}, side_strengths({0, 0, 0, 0}, 2, 2));
  EXPECT_EQ(flat.values, std::vector<double>(25, 0.0));
  const auto wrong = side_strengths({0.5}, 1, 1);
  EXPECT_THROW(contour_hierarchy({1, 2, 1, {0, 0}}, wrong), InputError);
  EXPECT_THROW(side_strengths({0}, 1, 2), InputError);
  const auto none = side_strengths({std::nan(""), std::nan("")}, 1, 2);
  EXPECT_THROW(contour_hierarchy({1, 2, 1, {0, 0}}, none), InputError);
}

// A closed square keeps its strength at its corners: ultrametric, so that no threshold leaks.
TEST(ContourHierarchy, ClosesContours) {
  std::vector<double> strength(64, 0.0);
  LabelMap regions{8, 8, 2, std::vector<std::int32_t>(64, 0)};
  for (int y = 2; y < 6; ++y) {
    for (int x = 2; x < 6; ++x) {
      regions.labels[index(y * 8 + x)] = 1;
      strength[index(y * 8 + x)] = y == 3 ? 0.9 : 0.1;
    }
  }
  const auto contours = contour_hierarchy(regions, side_strengths(strength, 8, 8));
  const std::set<double> values(contours.values.begin(), contours.values.end());
  ASSERT_EQ(values.size(), 2u);
  // 16 sides: the four of lines other than the fourth .1, its two .9.
  EXPECT_NEAR(*values.rbegin(), (14 * 0.1 + 2 * 0.9) / 16, 1e-15);
  const auto nested = cut_contours(contours, {0.1, 0.3});
  EXPECT_EQ(nested.levels[0].segments, 2);
  EXPECT_EQ(nested.levels[1].segments, 1);
}

}  // namespace
}  // namespace eigenprop
