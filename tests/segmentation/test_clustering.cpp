#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "runtime/error.hpp"
#include "segmentation/connected_components.hpp"
#include "segmentation/interpolation.hpp"
#include "segmentation/region_merging.hpp"
#include "segmentation/segmenter.hpp"
#include "segmentation/weighted_kmeans.hpp"

namespace eigenprop {
namespace {

const RandomKey key{1, RandomPurpose::clustering, 0, 0, 0};

// Index of the nearest centre for each point, by the distances themselves.
std::vector<std::int32_t> nearest_centres(const std::vector<double>& points, std::size_t d,
                                          const std::vector<double>& centres) {
  std::vector<std::int32_t> labels;
  for (std::size_t i = 0; i < points.size(); i += d) {
    double best = 1e300;
    labels.push_back(-1);
    for (std::size_t c = 0; c < centres.size(); c += d) {
      double square = 0;
      for (std::size_t j = 0; j < d; ++j)
        square += (points[i + j] - centres[c + j]) * (points[i + j] - centres[c + j]);
      if (square < best) {
        best = square;
        labels.back() = static_cast<std::int32_t>(c / d);
      }
    }
  }
  return labels;
}

TEST(ConnectedComponents, DistinguishesDiagonals) {
  const LabelMap map{3,
                     4,
                     2,
                     {1, 0, 0, 1,  //
                      0, 1, 0, 1,  //
                      0, 0, 1, 0}};
  const auto four = connected_components(map, Connectivity::four);
  EXPECT_EQ(four.segments, 7);
  const auto eight = connected_components(map, Connectivity::eight);
  EXPECT_EQ(eight.segments, 2);
  EXPECT_EQ(eight.labels, (std::vector<std::int32_t>{0, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1}));
}

// A serpent and its background: trees of unions become long.
TEST(ConnectedComponents, FollowsLongPaths) {
  const int n = 101;
  LabelMap map{n, n, 2, std::vector<std::int32_t>(n * n, 0)};
  for (int y = 0; y < n; ++y) {
    for (int x = 0; x < n; ++x) {
      const bool wall = y % 2 == 1 && x != (y % 4 == 1 ? n - 1 : 0);
      map.labels[static_cast<std::size_t>(y * n + x)] = wall ? 1 : 0;
    }
  }
  EXPECT_EQ(connected_components(map, Connectivity::four).segments, 1 + n / 2);
}

// All partitions of a few weighted points, tried one by one.
TEST(WeightedKMeans, FindsTheOptimumOfASmallProblem) {
  const RandomStream stream(RandomKey{4, RandomPurpose::test, 0, 0, 0});
  constexpr int n = 9;
  std::vector<double> points;
  std::vector<double> weights;
  for (std::uint64_t i = 0; i < n; ++i) {
    points.push_back(stream.normal(2 * i));
    points.push_back(stream.normal(2 * i + 1));
    weights.push_back(0.1 + stream.uniform(100 + i));
  }
  double best = 1e300;
  for (int code = 0; code < 19683; ++code) {
    double mass[3] = {}, x[3] = {}, y[3] = {}, square = 0;
    for (int i = 0, c = code; i < n; ++i, c /= 3) {
      const auto at = static_cast<std::size_t>(i);
      const double w = weights[at];
      mass[c % 3] += w;
      x[c % 3] += w * points[2 * at];
      y[c % 3] += w * points[2 * at + 1];
      square += w * (points[2 * at] * points[2 * at] + points[2 * at + 1] * points[2 * at + 1]);
    }
    for (int k = 0; k < 3; ++k) {
      if (mass[k] > 0) square -= (x[k] * x[k] + y[k] * y[k]) / mass[k];
    }
    best = std::min(best, square);
  }
  KMeansSettings settings;
  settings.clusters = 3;
  settings.restarts = 50;
  settings.tolerance = 0;
  const auto result = weighted_kmeans(points, 2, weights, settings, key);
  EXPECT_NEAR(result.criterion, best, 1e-12);
  EXPECT_EQ(nearest_centres(points, 2, result.centres),
            (std::vector<std::int32_t>(result.labels.begin(), result.labels.end())));
}

TEST(WeightedKMeans, SurvivesFewerPointsThanClusters) {
  KMeansSettings settings;
  settings.clusters = 5;
  const auto result = weighted_kmeans({1, 1, 1, 2}, 1, {1, 1, 1, 1}, settings, key);
  EXPECT_NEAR(result.criterion, 0, 1e-15);
  for (const double c : result.centres) EXPECT_TRUE(std::isfinite(c));
  EXPECT_THROW(weighted_kmeans({}, 1, {}, settings, key), InputError);
}

std::vector<double> normal_values(const RandomStream& stream, std::uint64_t count) {
  std::vector<double> values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(stream.normal(i));
  return values;
}

// All components interpolated, then the nearest centre of every pixel.
TEST(Segment, AssignsPixelsByTheirInterpolatedVectors) {
  const RandomStream stream(RandomKey{9, RandomPurpose::test, 0, 0, 0});
  constexpr int d = 40, height = 33, width = 47, grid_height = 7, grid_width = 9;
  const auto vectors = normal_values(stream, grid_height * grid_width * d);
  SegmenterSettings settings;
  settings.clusters = {2, 5};
  settings.sampling = 1;
  const auto maps =
      segment_vectors({vectors.data(), grid_height, grid_width, d}, height, width, settings, key);
  const auto full = interpolate(vectors, grid_height, grid_width, d, height, width);
  for (std::size_t m = 0; m < 2; ++m) {
    KMeansSettings kmeans;
    kmeans.clusters = static_cast<int>(settings.clusters[m]);
    kmeans.restarts = static_cast<int>(settings.restarts);
    const std::vector<double> weights(grid_height * grid_width, 1.0);
    const auto clusters = weighted_kmeans(vectors, d, weights, kmeans, key);
    const LabelMap nearest{height, width, kmeans.clusters,
                           nearest_centres(full, d, clusters.centres)};
    EXPECT_EQ(maps[m].labels, connected_components(nearest, Connectivity::four).labels);
  }
}

TEST(WeightedKMeans, IgnoresPointsWithoutWeight) {
  KMeansSettings settings;
  settings.clusters = 2;
  const auto result = weighted_kmeans({0, 1, 1000}, 1, {1, 1, 0}, settings, key);
  EXPECT_NEAR(result.criterion, 0, 1e-15);
}

TEST(AbsorbSmallRegions, JoinsTheMostSimilarNeighbour) {
  const LabelMap map{1, 7, 3, {0, 0, 0, 1, 2, 2, 2}};
  const auto result = absorb_small_regions(map, {{0, 0, 0, 3, 4, 4, 4}, 1, 7, 1}, 2);
  EXPECT_EQ(result.labels, (std::vector<std::int32_t>{0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(absorb_small_regions(map, {{0, 0, 0, 3, 4, 4, 4}, 1, 7, 1}, 100).segments, 1);
}

// Means of regions from the grid against those of the pixels' own vectors, all interpolated.
TEST(AbsorbSmallRegions, TakesInterpolatedVectors) {
  const RandomStream stream(RandomKey{10, RandomPurpose::test, 0, 0, 0});
  constexpr int d = 3, height = 40, width = 31, grid_height = 9, grid_width = 8;
  const auto vectors = normal_values(stream, grid_height * grid_width * d);
  LabelMap map{height, width, 4, {}};
  for (std::uint64_t i = 0; i < height * width; ++i)
    map.labels.push_back(static_cast<std::int32_t>(stream.uniform(1000 + i) * 4));
  map = connected_components(map, Connectivity::four);
  const auto full = interpolate(vectors, grid_height, grid_width, d, height, width);
  for (const int area : {2, 5, 30}) {
    const auto result = absorb_small_regions(map, {vectors, grid_height, grid_width, d}, area);
    EXPECT_EQ(result.labels, absorb_small_regions(map, {full, height, width, d}, area).labels);
    EXPECT_GT(result.segments, 1);
    EXPECT_LT(result.segments, map.segments);
  }
}

// Features that are indicators of three stripes, mixed by a positive matrix: the normalized cut is
// exact, and k = 3 must find the stripes at full resolution.
TEST(Segment, FindsSegmentsThatSpanTheFeatures) {
  const int h = 12, w = 18;
  const double mix[3][3] = {{1, 0.2, 0.1}, {0.1, 1.5, 0.3}, {0.2, 0.1, 0.7}};
  std::vector<double> features;
  for (int i = 0; i < h * w; ++i) {
    for (const double value : mix[i % w / 6]) features.push_back(value);
  }
  SegmenterSettings settings;
  settings.clusters = {3, 2};
  settings.sampling = 1;
  const auto maps = segment({features.data(), h, w, 3}, nullptr, 4 * h, 4 * w, settings, key);
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_EQ(maps[0].segments, 3);
  EXPECT_EQ(maps[0].height, 48);
  int wrong = 0;
  for (int y = 0; y < 48; ++y) {
    for (int x = 0; x < 72; ++x)
      wrong += maps[0].labels[static_cast<std::size_t>(y * 72 + x)] != x / 24 ? 1 : 0;
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Segment, GivesOneSegmentForFeaturesOfZero) {
  const std::vector<double> zeros(60, 0.0);
  const auto maps = segment({zeros.data(), 4, 5, 3}, nullptr, 8, 10, {}, key);
  ASSERT_EQ(maps.size(), 8u);
  for (const auto& map : maps) EXPECT_EQ(map.segments, 1);
}

TEST(JoinVectors, BalancesBothParts) {
  const PixelVectors first{2, 2, 1, {0, 2, 0, 2}};
  const PixelVectors second{1, 2, 2, {10, 0, 30, 0}};
  const auto joined = join_vectors(first, second, 2);
  EXPECT_EQ(joined.dimensions, 3);
  EXPECT_NEAR(joined.values[0], -1, 1e-12);
  EXPECT_NEAR(joined.values[1], -2, 1e-12);
  EXPECT_NEAR(joined.values[2], 0, 1e-12);
}

// Sides shorter than the step, down to one pixel: no pixel is read that is not there, and every
// image gets a grid.
TEST(ColourFeatures, TakeImagesOfAnySize) {
  for (const int height : {1, 2, 3, 9}) {
    for (const int width : {1, 2, 5}) {
      for (const std::int64_t step : {1, 2, 4, 7, 1000}) {
        SCOPED_TRACE(std::to_string(height) + " x " + std::to_string(width) + ", step " +
                     std::to_string(step));
        Image image{height, width, {}};
        for (int i = 0; i < 3 * height * width; ++i)
          image.pixels.push_back(static_cast<std::uint8_t>(37 * i));
        const auto vectors = colour_position_features(image, 2, step, 0.5);
        ASSERT_GT(vectors.height, 0);
        ASSERT_GT(vectors.width, 0);
        ASSERT_EQ(vectors.values.size(),
                  static_cast<std::size_t>(vectors.height * vectors.width * 5));
        for (const double value : vectors.values) EXPECT_TRUE(std::isfinite(value));
        const auto maps = segment_vectors({vectors.values.data(), vectors.height, vectors.width, 5},
                                          height, width, {}, key);
        for (const auto& map : maps) {
          EXPECT_EQ(map.labels.size(), static_cast<std::size_t>(height * width));
          EXPECT_GE(map.segments, 1);
        }
      }
    }
  }
  const Image image{1, 1, {1, 2, 3}};
  for (const double sigma : {0.0, 1e9}) {
    EXPECT_THROW(colour_position_features(image, sigma, 4, 0.5), InputError);
  }
  EXPECT_THROW(colour_position_features(image, 2, 0, 0.5), InputError);
}

}  // namespace
}  // namespace eigenprop
