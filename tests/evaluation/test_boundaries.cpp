#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "evaluation/boundaries.hpp"
#include "evaluation/boundary_matching.hpp"
#include "evaluation/boundary_scores.hpp"
#include "evaluation/mat_files.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/random.hpp"

namespace eigenprop {
namespace {

BoundaryMap drawn(const std::vector<std::string>& lines) {
  BoundaryMap map{static_cast<int>(lines.size()), static_cast<int>(lines[0].size()), {}};
  for (const auto& line : lines) {
    for (const char c : line) map.marks.push_back(c == '#' ? 1 : 0);
  }
  return map;
}

std::vector<std::string> lines_of(const BoundaryMap& map) {
  std::vector<std::string> lines;
  for (int y = 0; y < map.height; ++y) {
    lines.emplace_back();
    for (int x = 0; x < map.width; ++x)
      lines.back() += map.marks[index(y) * index(map.width) + index(x)] ? '#' : '.';
  }
  return lines;
}

double count(const BoundaryMap& map) {
  return std::accumulate(map.marks.begin(), map.marks.end(), 0.0);
}

// What scikit-image's thin() gives, another implementation of the same algorithm.
TEST(Thinning, LeavesLinesOfOnePixel) {
  EXPECT_EQ(lines_of(thinned(drawn({"..............", ".####...#####.", ".####...#####.",
                                    "..###..##..##.", "...####....##.", "..##..##...##.",
                                    ".##....######.", ".#......####..", "............##"}))),
            (std::vector<std::string>{"..............", "..............", ".##.....###...",
                                      "...#...#...#..", "...####....#..", "..#...#....#..",
                                      ".#.....#...#..", ".#......####..", "............##"}));
  EXPECT_EQ(lines_of(thinned(drawn(std::vector<std::string>(6, "#########")))),
            (std::vector<std::string>{".........", ".........", ".........", "..####...",
                                      ".........", "........."}));
  EXPECT_EQ(lines_of(thinned(drawn({"#"}))), std::vector<std::string>{"#"});
}

TEST(SegmentBoundaries, LieAboveAndLeftOfTheOtherLabel) {
  const LabelMap map{3, 4, 3, {0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2}};
  EXPECT_EQ(lines_of(segment_boundaries(map)), (std::vector<std::string>{".#..", "####", "...."}));
  const LabelMap line{1, 4, 2, {0, 0, 1, 1}};
  EXPECT_EQ(lines_of(segment_boundaries(line)), std::vector<std::string>{".#.."});
  const LabelMap column{3, 1, 2, {0, 1, 1}};
  EXPECT_EQ(lines_of(segment_boundaries(column)), (std::vector<std::string>{"#", ".", "."}));
  EXPECT_EQ(count(segment_boundaries(LabelMap{2, 2, 1, {0, 0, 0, 0}})), 0);
}

// MATLAB's own result: the human boundaries that BSDS500 holds beside its segmentations.
TEST(SegmentBoundaries, OfPeopleAreThoseOfTheBenchmark) {
  const char* data = std::getenv("EIGENPROP_DATA");
  if (!data) GTEST_SKIP() << "EIGENPROP_DATA names no folder with BSDS500";
  const auto folder = std::string(data) + "/BSDS500/data/groundTruth/val";
  for (const auto& name : mat_files(folder)) {
    const auto people = read_bsds_ground_truth(folder + "/" + name + ".mat");
    const auto boundaries = read_bsds_boundaries(folder + "/" + name + ".mat");
    ASSERT_EQ(people.size(), boundaries.size());
    for (std::size_t i = 0; i < people.size(); ++i)
      EXPECT_EQ(thinned(segment_boundaries(people[i])).marks, boundaries[i].marks) << name;
  }
}

BoundaryMap random_boundaries(std::uint32_t seed, int height, int width) {
  const RandomStream stream(RandomKey{seed, RandomPurpose::test, 0, 0, 0});
  BoundaryMap map{height, width, {}};
  for (std::uint64_t i = 0; i < index(height) * index(width); ++i)
    map.marks.push_back(stream.integer(i, 4) == 0 ? 1 : 0);
  return map;
}

struct Pairing {
  int pairs = 0;
  double distance = 0;
};

// As many pairs as possible at the least sum of rounded distances, pair by pair along the cheapest
// augmenting path of a dense table (Bellman and Ford).
Pairing dense_pairing(const BoundaryMap& a, const BoundaryMap& b, double radius) {
  std::vector<int> first, second;
  for (std::size_t i = 0; i < a.marks.size(); ++i) {
    if (a.marks[i]) first.push_back(static_cast<int>(i));
    if (b.marks[i]) second.push_back(static_cast<int>(i));
  }
  const auto cost = [&](std::size_t i, std::size_t j) {
    const double d = std::hypot(first[i] / a.width - second[j] / a.width,
                                first[i] % a.width - second[j] % a.width);
    return d <= radius ? std::lrint(100 * d) : -1;
  };
  constexpr long far = std::numeric_limits<long>::max() / 4;
  std::vector<int> partner(second.size(), -1);
  std::vector<bool> paired(first.size(), false);
  Pairing result;
  while (true) {
    std::vector<long> to_first(first.size(), far), to_second(second.size(), far);
    std::vector<int> from(second.size(), -1);
    for (std::size_t i = 0; i < first.size(); ++i) to_first[i] = paired[i] ? far : 0;
    for (bool changes = true; changes;) {
      changes = false;
      for (std::size_t i = 0; i < first.size(); ++i) {
        for (std::size_t j = 0; j < second.size() && to_first[i] < far; ++j) {
          if (cost(i, j) < 0 || partner[j] == static_cast<int>(i) ||
              to_first[i] + cost(i, j) >= to_second[j])
            continue;
          to_second[j] = to_first[i] + cost(i, j);
          from[j] = static_cast<int>(i);
          if (partner[j] >= 0)
            to_first[index(partner[j])] = to_second[j] - cost(index(partner[j]), j);
          changes = true;
        }
      }
    }
    std::size_t end = second.size();
    for (std::size_t j = 0; j < second.size(); ++j) {
      if (partner[j] < 0 && to_second[j] < far &&
          (end == second.size() || to_second[j] < to_second[end]))
        end = j;
    }
    if (end == second.size()) return result;
    result.pairs += 1;
    result.distance += static_cast<double>(to_second[end]);
    for (int j = static_cast<int>(end); j >= 0;) {
      const int i = from[index(j)];
      const auto before = std::find(partner.begin(), partner.end(), i);
      const int next = before == partner.end() ? -1 : static_cast<int>(before - partner.begin());
      partner[index(j)] = i;
      paired[index(i)] = true;
      if (next >= 0) partner[index(next)] = -1;
      j = next;
    }
  }
}

TEST(BoundaryMatching, HasAsManyPairsAsAnExhaustiveSearch) {
  for (std::uint32_t seed = 1; seed < 12; ++seed) {
    const auto a = random_boundaries(seed, 14, 11), b = random_boundaries(seed + 50, 14, 11);
    const double reach = 0.05 + 0.01 * seed;
    const auto match = match_boundaries(a, b, reach);
    const auto expected = dense_pairing(a, b, reach * std::hypot(14, 11));
    EXPECT_EQ(count(match.first), expected.pairs) << "seed " << seed;
    EXPECT_EQ(count(match.second), expected.pairs);
    EXPECT_EQ(match.cost, expected.distance) << "seed " << seed;
    for (std::size_t i = 0; i < a.marks.size(); ++i) {
      EXPECT_LE(match.first.marks[i], a.marks[i]);
      EXPECT_LE(match.second.marks[i], b.marks[i]);
    }
  }
}

TEST(BoundaryMatching, TakesEmptyMapsAndSaysWhereSizesDiffer) {
  const auto none = drawn({"....", "...."}), some = drawn({"..#.", "...."});
  EXPECT_EQ(count(match_boundaries(none, some).second), 0);
  EXPECT_EQ(count(match_boundaries(none, none).first), 0);
  EXPECT_EQ(count(match_boundaries(some, some).first), 1);
  EXPECT_THROW(match_boundaries(none, drawn({"...."})), InputError);
}

// Three scales against two people, counted by hand; the scale without any boundary too.
TEST(BoundaryScores, CountAsTheBenchmark) {
  const auto right = drawn({"#..........#"}), left = drawn({"#..........."}),
             none = drawn({"............"});
  const auto counts = count_boundaries({right, left, left, none}, {left, none}, 0.1);
  EXPECT_EQ(counts.recalled, (std::vector<double>{1, 1, 1, 0}));
  EXPECT_EQ(counts.human, (std::vector<double>{1, 1, 1, 1}));
  EXPECT_EQ(counts.correct, (std::vector<double>{1, 1, 1, 0}));
  EXPECT_EQ(counts.machine, (std::vector<double>{2, 1, 1, 0}));
  EXPECT_THROW(count_boundaries({}, {left}), InputError);
  EXPECT_THROW(count_boundaries({left}, {}), InputError);
  const auto people = count_people({left, right}, 0.1);
  EXPECT_EQ(people.recalled[0], 2);
  EXPECT_EQ(people.human[0], 3);
  EXPECT_EQ(people.correct[0], 2);
  EXPECT_EQ(people.machine[0], 3);
  EXPECT_THROW(count_people({left}), InputError);
}

// Two images, two scales. Recall (10 + 6) / (20 + 10), (4 + 3) / 30; precision 16 / 40, 7 / 7.
TEST(BoundaryScores, PoolOverImages) {
  const std::vector<BoundaryCounts> images = {{{10, 4}, {20, 20}, {10, 4}, {30, 4}},
                                              {{6, 3}, {10, 10}, {6, 3}, {10, 3}}};
  const auto s = summarize_boundaries(images, {0.25, 0.75});
  const auto f = [](double r, double p) { return 2 * r * p / (r + p); };
  EXPECT_NEAR(s.curve[0].recall, 16.0 / 30, 1e-15);
  EXPECT_NEAR(s.curve[0].precision, 0.4, 1e-15);
  EXPECT_NEAR(s.curve[1].recall, 7.0 / 30, 1e-15);
  EXPECT_NEAR(s.curve[1].precision, 1, 1e-15);
  // Image 1: F .4 and .333; image 2: .6 and .4615: the first scale of both.
  EXPECT_NEAR(s.ois.f, f(16.0 / 30, 0.4), 1e-15);
  double best = 0;
  for (int i = 0; i < 100; ++i) {
    const double d = i / 99.0;
    best = std::max(best, f(16.0 / 30 * (1 - d) + 7.0 / 30 * d, 0.4 * (1 - d) + d));
  }
  EXPECT_GT(best, s.curve[0].f);
  EXPECT_NEAR(s.ods.f, best, 1e-15);
  // Precision falls linearly from recall 7/30 to 16/30; recalls .24, .25 .. .53 count.
  double area = 0;
  for (int i = 24; i <= 53; ++i) area += 1 - 0.6 * (i / 100.0 - 7.0 / 30) / 0.3;
  EXPECT_NEAR(s.area, 0.01 * area, 1e-12);
  const std::vector<BoundaryCounts> nothing = {{{0}, {0}, {0}, {0}}};
  EXPECT_EQ(summarize_boundaries(nothing, {}).ods.f, 0);
  EXPECT_EQ(summarize_boundaries(nothing, {}).area, 0);
  EXPECT_THROW(summarize_boundaries({}, {}), InputError);
}

}  // namespace
}  // namespace eigenprop
