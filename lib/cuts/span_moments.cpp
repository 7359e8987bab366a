#include "cuts/span_moments.hpp"

#include <cmath>
#include <numeric>

#include "linalg/blas.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Rows whose products are formed at once: a block and its scaled copy stay in the first caches.
constexpr std::int64_t block_rows = 256;

void mirror_upper(int n, double* a) {
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < i; ++j) a[i * n + j] = a[j * n + i];
  }
}

}  // namespace

int Segmentations::total() const { return std::accumulate(segments.begin(), segments.end(), 0); }

int Segmentations::offset(int annotator) const {
  return std::accumulate(segments.begin(), segments.begin() + annotator, 0);
}

Segmentations count_segments(const std::int32_t* labels, int annotators, std::int64_t rows,
                             const Communicator& comm) {
  Segmentations result;
  result.labels = labels;
  result.rows = rows;
  std::int32_t smallest = 0;
  for (int a = 0; a < annotators; ++a) {
    const std::int32_t* begin = labels + a * rows;
    std::int32_t largest = -1;
    for (std::int64_t i = 0; i < rows; ++i) {
      largest = std::max(largest, begin[i]);
      smallest = std::min(smallest, begin[i]);
    }
    result.segments.push_back(largest + 1);
  }
  comm.max(result.segments.data(), annotators);
  require(comm.min(smallest) >= 0, "segment labels must not be negative");
  return result;
}

SpanMoments span_moments(const FeatureRows& rows, const double* degrees,
                         const Segmentations& segmentations, const Communicator& comm) {
  const int d = rows.columns;
  const int total = segmentations.total();
  const std::int64_t gram_size = std::int64_t{d} * d;
  const std::int64_t length = gram_size + std::int64_t{total} * (d + 1);
  const RowChunks chunks(rows.rows);
  auto sums =
      chunks.sum(rows.space, length, [&](std::int64_t first, std::int64_t end, double* out) {
        double* segment_sums = out + gram_size;
        double* masses = segment_sums + std::int64_t{total} * d;
        std::vector<double> scaled(degrees ? index(block_rows * d) : 0);
        for (std::int64_t begin = first; begin < end; begin += block_rows) {
          const std::int64_t count = std::min(block_rows, end - begin);
          const double* block = rows.data + begin * d;
          if (degrees) {
            for (std::int64_t i = 0; i < count; ++i) {
              const double degree = degrees[begin + i];
              const double scale = inverse_root(degree);
              for (int j = 0; j < d; ++j) scaled[index(i * d + j)] = scale * block[i * d + j];
            }
          }
          gram(d, static_cast<int>(count), 1.0, degrees ? scaled.data() : block, d, 1.0, out, d);
          for (int a = 0; a < segmentations.annotators(); ++a) {
            const int offset = segmentations.offset(a);
            const std::int32_t* labels = segmentations.labels + a * segmentations.rows + begin;
            for (std::int64_t i = 0; i < count; ++i) {
              const double mass = degrees ? degrees[begin + i] : 1;
              if (mass == 0) continue;
              const std::int64_t s = offset + labels[i];
              double* sum = segment_sums + s * d;
              for (int j = 0; j < d; ++j) sum[j] += block[i * d + j];
              masses[s] += mass;
            }
          }
        }
      });
  comm.sum(sums.data(), length);
  mirror_upper(d, sums.data());
  SpanMoments moments;
  const auto begin_sums = sums.begin() + gram_size;
  const auto begin_masses = begin_sums + std::int64_t{total} * d;
  moments.gram.assign(sums.begin(), begin_sums);
  moments.sums.assign(begin_sums, begin_masses);
  moments.masses.assign(begin_masses, sums.end());
  return moments;
}

std::vector<double> column_sums(const FeatureRows& rows, const Communicator& comm) {
  const int d = rows.columns;
  auto sums = RowChunks(rows.rows).sum(rows.space, d,
                                       [&](std::int64_t first, std::int64_t end, double* out) {
                                         for (std::int64_t i = first; i < end; ++i) {
                                           for (int j = 0; j < d; ++j)
                                             out[j] += rows.data[i * d + j];
                                         }
                                       });
  comm.sum(sums.data(), d);
  return sums;
}

std::vector<double> row_degrees(const FeatureRows& rows, const std::vector<double>& v,
                                const Communicator& comm) {
  const int d = rows.columns;
  std::vector<double> degrees(index(rows.rows));
  RowChunks(rows.rows).for_each(rows.space,
                                [&](std::int64_t, std::int64_t first, std::int64_t end) {
                                  for (std::int64_t i = first; i < end; ++i) {
                                    double sum = 0;
                                    for (int j = 0; j < d; ++j)
                                      sum += rows.data[i * d + j] * v[index(j)];
                                    degrees[index(i)] = sum;
                                  }
                                });
  double largest = 0;
  for (const double degree : degrees) largest = std::max(largest, degree);
  largest = comm.max(largest);
  for (double& degree : degrees) {
    if (!(degree > 1e-15 * largest)) degree = 0;
  }
  return degrees;
}

}  // namespace eigenprop
