#include "cuts/eigenvectors.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

// Of W = FFᵀ; those that are positive are raised to `smallest` times their mean.
std::vector<double> raised_degrees(const FeatureRows& rows, double smallest,
                                   const Communicator& comm) {
  auto degrees = row_degrees(rows, column_sums(rows, comm), comm);
  double totals[2] = {0, 0};
  for (const double degree : degrees) {
    totals[0] += degree;
    totals[1] += degree > 0 ? 1 : 0;
  }
  comm.sum(totals, 2);
  const double floor = totals[1] > 0 ? smallest * totals[0] / totals[1] : 0;
  for (double& degree : degrees) {
    if (degree > 0) degree = std::max(degree, floor);
  }
  return degrees;
}

// U = A V Σ⁻¹, from the degrees, eigenvalues and dimensions of `leading`.
void set_eigenvectors(const FeatureRows& rows, const std::vector<double>& right_vectors,
                      LeadingEigenvectors& leading, const Communicator& comm) {
  const int d = rows.columns;
  const int r = leading.dimensions;
  std::vector<double> projection(index(std::int64_t{d} * r));
  for (int k = 0; k < r; ++k) {
    for (int j = 0; j < d; ++j)
      projection[index(j * r + k)] =
          right_vectors[index(k * d + j)] / std::sqrt(leading.eigenvalues[index(k)]);
  }
  auto& vectors = leading.eigenvectors;
  vectors.resize(index(rows.rows * r));
  auto sums = RowChunks(rows.rows).sum(
      rows.space, r, [&](std::int64_t first, std::int64_t end, double* out) {
        if (r == 0) return;
        gemm(Transpose::no, Transpose::no, static_cast<int>(end - first), r, d, 1.0,
             rows.data + first * d, d, projection.data(), r, 0.0, vectors.data() + first * r, r);
        for (std::int64_t i = first; i < end; ++i) {
          const double degree = leading.degrees[index(i)];
          const double scale = inverse_root(degree);
          for (int k = 0; k < r; ++k) {
            vectors[index(i * r + k)] *= scale;
            out[k] += vectors[index(i * r + k)];
          }
        }
      });
  comm.sum(sums.data(), r);
  RowChunks(rows.rows).for_each(rows.space,
                                [&](std::int64_t, std::int64_t first, std::int64_t end) {
                                  for (std::int64_t i = first; i < end; ++i) {
                                    for (int k = 0; k < r; ++k) {
                                      if (sums[index(k)] < 0) vectors[index(i * r + k)] *= -1;
                                    }
                                  }
                                });
}

}  // namespace

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
  RowChunks(rows.rows).for_each(
      rows.space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
        gemm(Transpose::no, Transpose::no, static_cast<int>(end - first), d, d, 1.0,
             rows.data + first * d, d, root.data(), d, 0.0, result.data() + first * d, d);
      });
  return result;
}

LeadingEigenvectors leading_eigenvectors_by(const RightSingularSolver& solve,
                                            const FeatureRows& input, const double* lambda,
                                            double smallest_degree, const Communicator& comm) {
  std::vector<double> rooted;
  FeatureRows rows = input;
  if (lambda) {
    rooted = multiply_by_root(input, lambda);
    rows.data = rooted.data();
  }
  LeadingEigenvectors result;
  result.degrees = raised_degrees(rows, smallest_degree, comm);
  auto [eigenvalues, vectors] = solve(rows, result.degrees);
  result.dimensions = static_cast<int>(eigenvalues.size());
  result.eigenvalues = std::move(eigenvalues);
  set_eigenvectors(rows, vectors, result, comm);
  return result;
}

LeadingEigenvectors leading_eigenvectors(const FeatureRows& input, const double* lambda,
                                         const EigenvectorSettings& settings,
                                         const Communicator& comm) {
  const PhaseScope scope(Phase::eigensolver);
  const auto of_gram_matrix = [&](const FeatureRows& rows, const std::vector<double>& degrees) {
    const int d = rows.columns;
    const Segmentations none;
    auto vectors = span_moments(rows, degrees.data(), none, comm).gram;
    std::vector<double> values(index(d));
    symmetric_eigen(d, vectors.data(), values.data());
    const double cutoff = settings.tolerance * settings.tolerance * values[index(d - 1)];
    const int most = settings.dimensions > 0 ? std::min(settings.dimensions, d) : d;
    RightSingularVectors right;
    for (int k = d - 1; k >= d - most && values[index(k)] > cutoff; --k) {
      right.eigenvalues.push_back(values[index(k)]);
      const auto vector = vectors.begin() + std::int64_t{k} * d;
      right.vectors.insert(right.vectors.end(), vector, vector + d);
    }
    return right;
  };
  return leading_eigenvectors_by(of_gram_matrix, input, lambda, settings.smallest_degree, comm);
}

}  // namespace eigenprop
