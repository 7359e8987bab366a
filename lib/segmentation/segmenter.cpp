#include "segmentation/segmenter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cuts/span_moments.hpp"
#include "linalg/blas.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/numbers.hpp"
#include "segmentation/connected_components.hpp"
#include "segmentation/interpolation.hpp"
#include "segmentation/region_merging.hpp"
#include "segmentation/smoothing.hpp"
#include "segmentation/weighted_kmeans.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

LabelMap one_segment(int height, int width) {
  return {height, width, 1, std::vector<std::int32_t>(index(std::int64_t{height} * width), 0)};
}

// Of x the nearest centre is that of the largest score c·x − ‖c‖²/2, which bilinear interpolation
// preserves: so a number a cluster is interpolated, not all components of x. (nodes, centres)
Vector centre_scores(const Vector& vectors, int nodes, const Vector& centres, int d) {
  const int count = static_cast<int>(centres.size()) / d;
  Vector offsets;
  for (auto centre = centres.begin(); centre != centres.end(); centre += d)
    offsets.push_back(-std::inner_product(centre, centre + d, centre, 0.0) / 2);
  Vector scores;
  scores.reserve(index(std::int64_t{nodes} * count));
  for (int i = 0; i < nodes; ++i) scores.insert(scores.end(), offsets.begin(), offsets.end());
  gemm(Transpose::no, Transpose::yes, nodes, count, d, 1.0, vectors.data(), d, centres.data(), d,
       1.0, scores.data(), count);
  return scores;
}

// The cluster of the largest interpolated score for every pixel: of columns first ... first + count
// of the scores, whose rows are `stride` long.
LabelMap best_clusters(const Vector& scores, int stride, int first, int count, int grid_height,
                       int grid_width, int height, int width) {
  LabelMap map{height, width, count, {}};
  map.labels.reserve(index(std::int64_t{height} * width));
  Vector row(index(std::int64_t{width} * count));
  for (int y = 0; y < height; ++y) {
    interpolate_row({&scores[index(first)], grid_height, grid_width, count, stride}, height, width,
                    y, row.data());
    for (auto pixel = row.begin(); pixel != row.end(); pixel += count) {
      const auto best = std::max_element(pixel, pixel + count);
      map.labels.push_back(static_cast<std::int32_t>(best - pixel));
    }
  }
  return map;
}

std::vector<LabelMap> cluster(const Vector& vectors, const Vector& weights, int grid_height,
                              int grid_width, int d, int height, int width,
                              const SegmenterSettings& settings, const RandomKey& key) {
  require(!settings.clusters.empty() && settings.sampling > 0,
          "segmentation needs numbers of clusters and a positive sampling");
  Vector points;
  Vector point_weights;
  for (std::int64_t y = 0; y < grid_height; y += settings.sampling) {
    for (std::int64_t x = 0; x < grid_width; x += settings.sampling) {
      const std::int64_t i = y * grid_width + x;
      points.insert(points.end(), vectors.begin() + i * d, vectors.begin() + (i + 1) * d);
      point_weights.push_back(weights[index(i)]);
    }
  }
  Vector centres;
  for (const auto k : settings.clusters) {
    KMeansSettings kmeans;
    kmeans.clusters = static_cast<int>(k);
    kmeans.restarts = static_cast<int>(settings.restarts);
    const auto clusters = weighted_kmeans(points, d, point_weights, kmeans, key);
    centres.insert(centres.end(), clusters.centres.begin(), clusters.centres.end());
  }
  const auto scores = centre_scores(vectors, grid_height * grid_width, centres, d);
  const int all = static_cast<int>(centres.size()) / d;
  std::vector<LabelMap> result;
  int first = 0;
  for (const auto k : settings.clusters) {
    const int count = static_cast<int>(k);
    auto map = best_clusters(scores, all, first, count, grid_height, grid_width, height, width);
    first += count;
    map = connected_components(map, Connectivity::four);
    if (settings.smallest_region > 1)
      map = absorb_small_regions(map, {vectors, grid_height, grid_width, d},
                                 settings.smallest_region);
    result.push_back(std::move(map));
  }
  return result;
}

double deviation(const Vector& values) {
  double mean = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  double square = 0;
  for (const double v : values) square += (v - mean) * (v - mean);
  return std::sqrt(square / static_cast<double>(values.size()));
}

}  // namespace

void check_segmenter_settings(const SegmenterSettings& s) {
  constexpr std::int64_t most = 1000000;
  const auto check = [](const std::string& key, bool right, const std::string& range,
                        const std::string& value) {
    require(right, "segmenter." + key + " must lie in " + range + ", not be " + value);
  };
  const std::string whole = "1 .. " + std::to_string(most);
  require(!s.clusters.empty(), "segmenter.clusters must hold a number of clusters");
  for (const auto k : s.clusters) check("clusters", k >= 1 && k <= most, whole, std::to_string(k));
  check("restarts", s.restarts >= 1 && s.restarts <= most, whole, std::to_string(s.restarts));
  check("sampling", s.sampling >= 1 && s.sampling <= most, whole, std::to_string(s.sampling));
  require(s.smallest_region >= 0, "segmenter.smallest_region must not be negative, and is " +
                                      std::to_string(s.smallest_region));
  check("eigenvalue_power", std::abs(s.eigenvalue_power) <= 100, "-100 .. 100",
        number_text(s.eigenvalue_power));
  const auto& e = s.eigenvectors;
  check("tolerance", e.tolerance >= 0 && e.tolerance < 1, "[0, 1)", number_text(e.tolerance));
  check("smallest_degree", e.smallest_degree >= 0 && e.smallest_degree <= 1, "[0, 1]",
        number_text(e.smallest_degree));
}

SpectralVectors low_rank_spectrum(const FeatureGrid& features, const double* lambda,
                                  const EigenvectorSettings& settings) {
  const std::int64_t rows = std::int64_t{features.height} * features.width;
  auto leading = leading_eigenvectors({features.data, rows, features.dimensions}, lambda, settings,
                                      Communicator::self());
  return {features.height,
          features.width,
          leading.dimensions,
          std::move(leading.eigenvalues),
          std::move(leading.eigenvectors),
          std::move(leading.degrees)};
}

std::vector<LabelMap> segment(const FeatureGrid& features, const double* lambda, int height,
                              int width, const SegmenterSettings& settings, const RandomKey& key) {
  return segment_spectrum(low_rank_spectrum(features, lambda, settings.eigenvectors), height, width,
                          settings, key);
}

std::vector<LabelMap> segment_spectrum(const SpectralVectors& spectrum, int height, int width,
                                       const SegmenterSettings& settings, const RandomKey& key) {
  const std::int64_t rows = std::int64_t{spectrum.height} * spectrum.width;
  const int r = spectrum.dimensions;
  if (r == 0) return std::vector<LabelMap>(settings.clusters.size(), one_segment(height, width));
  Vector vectors(spectrum.eigenvectors);
  Vector squares(index(r), 0.0);
  for (std::int64_t i = 0; i < rows; ++i) {
    const double scale = inverse_root(spectrum.degrees[index(i)]);
    for (int j = 0; j < r; ++j) {
      vectors[index(i * r + j)] *= scale;
      squares[index(j)] += vectors[index(i * r + j)] * vectors[index(i * r + j)];
    }
  }
  Vector scales;
  for (int j = 0; j < r; ++j) {
    scales.push_back(
        std::pow(std::max(spectrum.eigenvalues[index(j)], 0.0), settings.eigenvalue_power) /
        std::sqrt(squares[index(j)] / static_cast<double>(rows)));
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    for (int j = 0; j < r; ++j) vectors[index(i * r + j)] *= scales[index(j)];
  }
  const Vector weights = settings.weight_by_degree ? spectrum.degrees : Vector(index(rows), 1.0);
  return cluster(vectors, weights, spectrum.height, spectrum.width, r, height, width, settings,
                 key);
}

LabelMap segment_leading(const SpectralVectors& spectrum, int segments, int height, int width,
                         const SegmenterSettings& settings, const RandomKey& key) {
  require(segments > 0, "an image has one segment at least");
  const std::int64_t rows = std::int64_t{spectrum.height} * spectrum.width;
  const int r = std::min(segments, spectrum.dimensions);
  if (r == 0) return one_segment(height, width);
  Vector vectors(index(rows * r));
  for (std::int64_t i = 0; i < rows; ++i) {
    const double scale = inverse_root(spectrum.degrees[index(i)]);
    for (int j = 0; j < r; ++j)
      vectors[index(i * r + j)] = scale * spectrum.eigenvectors[index(i * spectrum.dimensions + j)];
  }
  auto one = settings;
  one.clusters = {segments};
  return cluster(vectors, spectrum.degrees, spectrum.height, spectrum.width, r, height, width, one,
                 key)[0];
}

int segments_of_rank(double effective_rank) {
  return std::max(1, static_cast<int>(std::lround(effective_rank)));
}

std::vector<LabelMap> segment_vectors(const FeatureGrid& vectors, int height, int width,
                                      const SegmenterSettings& settings, const RandomKey& key) {
  const std::int64_t rows = std::int64_t{vectors.height} * vectors.width;
  const Vector values(vectors.data, vectors.data + rows * vectors.dimensions);
  return cluster(values, Vector(index(rows), 1.0), vectors.height, vectors.width,
                 vectors.dimensions, height, width, settings, key);
}

PixelVectors colour_position_features(const Image& image, double sigma, std::int64_t step,
                                      double position_weight) {
  constexpr double largest_sigma = 1000;
  require(step > 0 && sigma > 0 && sigma <= largest_sigma && std::isfinite(position_weight),
          "colour features: the step must be positive, sigma lie in (0, 1000], and the weight of "
          "position be finite");
  const int h = image.height;
  const int w = image.width;
  // A side that the step passes over gives the pixel in its middle.
  const auto start = [&](int side) { return step / 2 < side ? step / 2 : side / 2; };
  const auto planes = smoothed_lab(image, sigma);
  const double half = std::max(h, w) / 2.0;
  std::vector<Vector> columns(5);
  int rows = 0;
  for (std::int64_t y = start(h); y < h; y += step, ++rows) {
    for (std::int64_t x = start(w); x < w; x += step) {
      for (int c = 0; c < 3; ++c) columns[index(c)].push_back(planes[index(c)][index(y * w + x)]);
      columns[3].push_back((static_cast<double>(x) + 0.5 - w / 2.0) / half);
      columns[4].push_back((static_cast<double>(y) + 0.5 - h / 2.0) / half);
    }
  }
  const double colour = (deviation(columns[0]) + deviation(columns[1]) + deviation(columns[2])) / 3;
  const double position = (deviation(columns[3]) + deviation(columns[4])) / 2;
  PixelVectors result{rows, static_cast<int>(columns[0].size()) / rows, 5, {}};
  for (std::size_t i = 0; i < columns[0].size(); ++i) {
    for (int c = 0; c < 3; ++c)
      result.values.push_back(colour > 0 ? columns[index(c)][i] / colour : 0.0);
    for (int c = 3; c < 5; ++c)
      result.values.push_back(position > 0 ? position_weight * columns[index(c)][i] / position
                                           : 0.0);
  }
  return result;
}

PixelVectors join_vectors(const PixelVectors& first, const PixelVectors& second, double weight) {
  const auto standardized = [](Vector values, int d, double scale) {
    const std::int64_t rows = static_cast<std::int64_t>(values.size()) / d;
    Vector means(index(d), 0.0);
    for (std::int64_t i = 0; i < rows; ++i) {
      for (int j = 0; j < d; ++j)
        means[index(j)] += values[index(i * d + j)] / static_cast<double>(rows);
    }
    double square = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      for (int j = 0; j < d; ++j) {
        auto& value = values[index(i * d + j)];
        value -= means[index(j)];
        square += value * value / static_cast<double>(rows);
      }
    }
    for (double& value : values) value *= square > 0 ? scale / std::sqrt(square) : 0.0;
    return values;
  };
  const Vector left = standardized(first.values, first.dimensions, 1);
  const Vector right = standardized(interpolate(second.values, second.height, second.width,
                                                second.dimensions, first.height, first.width),
                                    second.dimensions, weight);
  PixelVectors result{first.height, first.width, first.dimensions + second.dimensions, {}};
  for (std::int64_t i = 0; i < std::int64_t{first.height} * first.width; ++i) {
    result.values.insert(result.values.end(), left.begin() + i * first.dimensions,
                         left.begin() + (i + 1) * first.dimensions);
    result.values.insert(result.values.end(), right.begin() + i * second.dimensions,
                         right.begin() + (i + 1) * second.dimensions);
  }
  return result;
}

}  // namespace eigenprop
