#include "spectral/embedding.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"
#include "spectral/row_chunks.hpp"
#include "tensor/blas.hpp"
#include "tensor/lapack.hpp"

namespace eigenprop {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

std::vector<double> raised_degrees(const FeatureRows& rows, double smallest,
                                   const Communicator& comm) {
  const auto sums = column_sums(rows, comm);
  std::vector<double> degrees(index(rows.rows));
  double totals[2] = {0, static_cast<double>(rows.rows)};
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    double degree = 0;
    for (int j = 0; j < rows.columns; ++j)
      degree += rows.data[i * rows.columns + j] * sums[index(j)];
    degrees[index(i)] = degree;
    totals[0] += degree;
  }
  comm.sum(totals, 2);
  // Features that are all zero have no degree at all; any positive value will do.
  const double floor = totals[0] > 0 ? smallest * totals[0] / totals[1] : 1;
  for (double& degree : degrees) degree = std::max(degree, floor);
  return degrees;
}

std::vector<double> multiply_by_root(const FeatureRows& rows, const double* lambda) {
  const int d = rows.columns;
  std::vector<double> vectors(lambda, lambda + std::int64_t{d} * d);
  std::vector<double> values(index(d));
  symmetric_eigen(d, vectors.data(), values.data());
  require(values[0] >= -1e-10 * std::abs(values[index(d - 1)]),
          "Λ is not positive semi-definite: it has the eigenvalue " + std::to_string(values[0]));
  std::vector<double> scaled(vectors);
  for (int r = 0; r < d; ++r) {
    for (int j = 0; j < d; ++j)
      scaled[index(r * d + j)] *= std::sqrt(std::max(values[index(r)], 0.0));
  }
  std::vector<double> root(vectors.size());
  gemm(Transpose::yes, Transpose::no, d, d, d, 1.0, vectors.data(), d, scaled.data(), d, 0.0,
       root.data(), d);
  std::vector<double> result(index(rows.rows * d));
  RowChunks(rows.rows).for_each([&](std::int64_t, std::int64_t first, std::int64_t end) {
    gemm(Transpose::no, Transpose::no, static_cast<int>(end - first), d, d, 1.0,
         rows.data + first * d, d, root.data(), d, 0.0, result.data() + first * d, d);
  });
  return result;
}

SpectralEmbedding spectral_embedding(const FeatureRows& input, const double* lambda,
                                     const EmbeddingSettings& settings, const Communicator& comm) {
  const int d = input.columns;
  std::vector<double> rooted;
  FeatureRows rows = input;
  if (lambda) {
    rooted = multiply_by_root(input, lambda);
    rows.data = rooted.data();
  }
  SpectralEmbedding result;
  result.degrees = raised_degrees(rows, settings.smallest_degree, comm);

  const Segmentations none;
  auto vectors = span_moments(rows, result.degrees.data(), none, comm).gram;
  std::vector<double> values(index(d));
  symmetric_eigen(d, vectors.data(), values.data());
  const double cutoff = settings.tolerance * settings.tolerance * values[index(d - 1)];
  const int most = settings.dimensions > 0 ? std::min(settings.dimensions, d) : d;
  while (result.dimensions < most && values[index(d - 1 - result.dimensions)] > cutoff)
    result.eigenvalues.push_back(values[index(d - 1 - result.dimensions++)]);

  // U = A V Σ⁻¹, with A = D^(-1/2) F.
  const int r = result.dimensions;
  std::vector<double> projection(index(std::int64_t{d} * r));
  for (int k = 0; k < r; ++k) {
    for (int j = 0; j < d; ++j)
      projection[index(j * r + k)] =
          vectors[index((d - 1 - k) * d + j)] / std::sqrt(result.eigenvalues[index(k)]);
  }
  result.eigenvectors.resize(index(rows.rows * r));
  std::vector<double> sums(index(r), 0.0);
  if (r > 0) {
    gemm(Transpose::no, Transpose::no, static_cast<int>(rows.rows), r, d, 1.0, rows.data, d,
         projection.data(), r, 0.0, result.eigenvectors.data(), r);
  }
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    const double scale = 1 / std::sqrt(result.degrees[index(i)]);
    for (int k = 0; k < r; ++k) {
      result.eigenvectors[index(i * r + k)] *= scale;
      sums[index(k)] += result.eigenvectors[index(i * r + k)];
    }
  }
  comm.sum(sums.data(), r);
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    for (int k = 0; k < r; ++k) {
      if (sums[index(k)] < 0) result.eigenvectors[index(i * r + k)] *= -1;
    }
  }
  return result;
}

}  // namespace eigenprop
