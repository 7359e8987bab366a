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
#include "segmentation/contour_cues.hpp"
#include "segmentation/contour_hierarchy.hpp"
#include "segmentation/contour_weights.hpp"
#include "segmentation/smoothing.hpp"
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

// The gradient of a ramp is the same at all pixels away from its ends, so their edges are log 2;
// certainty of a network is cut off, and eigenvectors that are not known are no cue.
TEST(ContourCues, TellWhatIsKnown) {
  Image image{1, 3, std::vector<std::uint8_t>(9, 7)};
  const auto flat = contour_cues(image, {0.0F, 0.25F, 1.0F}, {}, 1);
  EXPECT_TRUE(flat.spectral.empty());
  ASSERT_EQ(flat.boundary.size(), 3u);
  EXPECT_EQ(flat.boundary[0], -8);
  EXPECT_NEAR(flat.boundary[1], -std::log(3), 1e-6);
  EXPECT_EQ(flat.boundary[2], 8);
  EXPECT_EQ(flat.edges, std::vector<float>(3, 0));
  image.pixels = {0, 0, 0, 200, 200, 200, 0, 0, 0};
  const auto gradient = lab_gradient(image, 1);
  const double mean = (gradient[0] + gradient[1] + gradient[2]) / 3;
  const auto edges = contour_cues(image, {}, {}, 1).edges;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(edges[i], std::log(1 + gradient[i] / mean), 1e-6);
  // Two nodes for three pixels; their contours are 1 / sqrt(1 - .5) times the step of 2 around 0.
  const SpectralVectors spectrum{1, 2, 2, {1, 0.5}, {1, 1, 1, -1}, {1, 1}};
  const auto spectral = contour_cues(image, {}, spectrum, 1).spectral;
  for (const float value : spectral) EXPECT_NEAR(value, std::log(1 + 2 * std::sqrt(2)), 1e-6);
  EXPECT_THROW(contour_cues(image, {0.5F}, {}, 1), InputError);

  const auto strength = contour_strength({{1, -2}, {3, 4}, {}}, {0.5, 2, -1, 100});
  EXPECT_NEAR(strength[0], 1 / (1 + std::exp(-(0.5 + 2 - 3) / 4)), 1e-15);
  EXPECT_NEAR(strength[1], 1 / (1 + std::exp(-(0.5 - 4 - 4) / 4)), 1e-15);
}

// Of cues that are 0 or 1 the likelihood is greatest where the model's probability of each of both
// values is the mean share: weights are differences of their log odds.
TEST(ContourWeights, AreThoseOfGreatestLikelihood) {
  const Communicator self = Communicator::self();
  ContourSamples samples;
  EXPECT_THROW(samples.fit(self), InputError);
  // Rows and columns 1, 4 and 7 are looked at; the others would change the result.
  const int side = 9;
  ContourCues cues;
  std::vector<double> shares;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const bool seen = y % 3 == 1 && x % 3 == 1, on = x == 4;
      cues.boundary.push_back(seen ? float(on) : 5);
      cues.edges.push_back(seen ? 0.0F : 1.0F);
      shares.push_back(!seen ? 1 : on ? (y == 4 ? 1 : 0.8) : (y == 4 ? 0.4 : 0.1));
    }
  }
  samples.add(cues, shares, side, side, 3);
  const auto found = samples.fit(self);
  const auto logit = [](double p) { return std::log(p / (1 - p)); };
  const double off = (0.4 + 0.1 + 0.1) / 3, on = (1 + 0.8 + 0.8) / 3;
  EXPECT_NEAR(found.bias, logit(off), 1e-4);
  EXPECT_NEAR(found.boundary, logit(on) - logit(off), 1e-4);
  EXPECT_EQ(found.edges, 0);
  EXPECT_EQ(found.spectral, 0);
  // A cue that is not known is one of 0: edges are 0 at the samples anyway.
  ContourSamples other;
  other.add({cues.boundary, {}, {}}, shares, side, side, 3);
  EXPECT_EQ(other.fit(self).boundary, found.boundary);
  EXPECT_THROW(samples.add({{1}, {}, {}}, shares, side, side, 3), InputError);
  EXPECT_THROW(samples.add(cues, {0.5}, side, side, 3), InputError);
}

// Cues that are never 0, as most are, of which whole steps of Newton's method lead away; and nobody
// sees a boundary, or one cue tells all of them.
TEST(ContourWeights, AreFoundFarFromTheStart) {
  const int side = 24;
  for (const auto& [off_share, on_share] : std::vector<std::pair<double, double>>{
           {0.05, 0.95}, {0.01, 0.99}, {0.3, 0.6}, {0, 0}, {1, 1}, {0, 1}}) {
    ContourCues cues;
    std::vector<double> shares;
    for (int i = 0; i < side * side; ++i) {
      const int x = i % side, y = i / side;
      const bool on = x % 4 == 0;
      const auto noise = [&](int a, int b, int n) { return 0.1F * float((a * x + b * y) % n); };
      cues.boundary.push_back(-3 + noise(3, 5, 11));
      cues.edges.push_back((on ? 4.5F : 3.2F) + noise(7, 3, 5));
      cues.spectral.push_back((on ? 2.7F : 1.8F) + noise(5, 11, 7));
      shares.push_back(on ? on_share : off_share);
    }
    ContourSamples samples;
    samples.add(cues, shares, side, side, 1);
    const auto w = samples.fit(Communicator::self());
    // Where the likelihood is greatest, the model's probabilities and the shares have the same
    // sums.
    double apart[4] = {};
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const double cue[] = {1, double(cues.boundary[i]), double(cues.edges[i]),
                            double(cues.spectral[i])};
      const double p =
          1 /
          (1 + std::exp(-(w.bias + w.boundary * cue[1] + w.edges * cue[2] + w.spectral * cue[3])));
      for (int c = 0; c < 4; ++c) apart[c] += (p - shares[i]) * cue[c] / (side * side);
    }
    for (const double value : apart) EXPECT_NEAR(value, 0, 1e-6) << off_share << ", " << on_share;
  }
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
