#include "cuts/span_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "linalg/lapack.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Triangular factor of the QR decomposition of A over all ranks: blocks of rows are stacked under
// the factor of the rows before them, chunk factors under each other, rank factors likewise.
std::vector<double> tall_skinny_factor(const FeatureRows& rows, const double* degrees,
                                       const Communicator& comm) {
  const int d = rows.columns;
  const std::int64_t square = std::int64_t{d} * d;
  const RowChunks chunks(rows.rows);
  std::vector<double> factors(index(chunks.count() * square), 0.0);
  chunks.for_each(rows.space, [&](std::int64_t chunk, std::int64_t first, std::int64_t end) {
    const std::int64_t block = std::max<std::int64_t>(256, std::int64_t{4} * d);
    std::vector<double> stack(index((d + block) * d));
    double* r = factors.data() + chunk * square;
    for (std::int64_t begin = first; begin < end; begin += block) {
      const std::int64_t count = std::min(block, end - begin);
      std::copy(r, r + square, stack.begin());
      for (std::int64_t i = 0; i < count; ++i) {
        const double degree = degrees ? degrees[begin + i] : 1;
        const double scale = inverse_root(degree);
        for (int j = 0; j < d; ++j)
          stack[index((d + i) * d + j)] = scale * rows.data[(begin + i) * d + j];
      }
      qr_factor(static_cast<int>(d + count), d, stack.data(), r);
    }
  });
  std::vector<double> own(index(square), 0.0);
  if (chunks.count() > 0)
    qr_factor(static_cast<int>(chunks.count()) * d, d, factors.data(), own.data());
  if (comm.size() == 1) return own;
  std::vector<double> all(index(comm.size() * square));
  check_mpi(MPI_Allgather(own.data(), static_cast<int>(square), MPI_DOUBLE, all.data(),
                          static_cast<int>(square), MPI_DOUBLE, comm.get()));
  qr_factor(comm.size() * d, d, all.data(), own.data());
  return own;
}

}  // namespace

SpanSpectrum span_spectrum(const FeatureRows& rows, const double* degrees,
                           const std::vector<double>& gram, const RankSettings& settings,
                           const Communicator& comm) {
  const int d = rows.columns;
  const std::int64_t m = comm.sum(rows.rows);
  const double tolerance = settings.tolerance > 0
                               ? settings.tolerance
                               : static_cast<double>(std::max<std::int64_t>(m, d)) *
                                     std::numeric_limits<double>::epsilon();
  int zero_columns = 0;
  for (int j = 0; j < d; ++j) zero_columns += gram[index(j * d + j)] == 0 ? 1 : 0;

  SpanSpectrum result;
  std::vector<double> vectors = gram;
  std::vector<double> values(index(d));
  symmetric_eigen(d, vectors.data(), values.data());
  // Zero columns give the smallest eigenvalues, exactly zero; what comes next decides.
  const bool all_zero = zero_columns == d;
  const double smallest = all_zero ? 0 : values[index(zero_columns)];
  const double largest = values[index(d - 1)];
  const double limit = largest / (settings.gram_condition * settings.gram_condition);
  const double matters = std::max(smallest, settings.epsilon * settings.epsilon * largest);
  result.used_qr = !all_zero && matters < limit;
  if (result.used_qr) {
    auto factor = tall_skinny_factor(rows, degrees, comm);
    std::vector<double> left(factor.size());
    thin_svd(d, d, factor.data(), left.data(), values.data(), vectors.data());
    result.singular_values = std::move(values);
    result.vectors = std::move(vectors);
  } else {
    result.vectors.resize(vectors.size());
    for (int r = 0; r < d; ++r) {
      const int from = d - 1 - r;
      result.singular_values.push_back(
          r < d - zero_columns ? std::sqrt(std::max(values[index(from)], 0.0)) : 0.0);
      std::copy_n(vectors.begin() + std::int64_t{from} * d, d,
                  result.vectors.begin() + std::int64_t{r} * d);
    }
  }
  const double least = std::max(tolerance, settings.epsilon) * result.singular_values[0];
  for (const double value : result.singular_values) result.rank += value > least ? 1 : 0;
  return result;
}

}  // namespace eigenprop
