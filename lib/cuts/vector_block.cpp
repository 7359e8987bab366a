#include "cuts/vector_block.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/blas.hpp"
#include "linalg/lapack.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Rows whose products are formed at once.
constexpr std::int64_t block_rows = 256;

// R⁻¹ of an upper triangular matrix.
std::vector<double> triangular_inverse(int n, const std::vector<double>& r) {
  std::vector<double> result(r.size(), 0.0);
  for (int j = 0; j < n; ++j) {
    result[index(j * n + j)] = 1 / r[index(j * n + j)];
    for (int i = j - 1; i >= 0; --i) {
      double sum = 0;
      for (int k = i + 1; k <= j; ++k) sum += r[index(i * n + k)] * result[index(k * n + j)];
      result[index(i * n + j)] = -sum / r[index(i * n + i)];
    }
  }
  return result;
}

}  // namespace

template <class To, class From>
void copy_block(const VectorBlock<From>& from, const VectorBlock<To>& to) {
  const From* source = from.data();
  To* target = to.data();
  const std::int64_t ld = from.ld;
  RowChunks(from.rows).for_each(Kokkos::DefaultHostExecutionSpace(),
                                [=](std::int64_t, std::int64_t first, std::int64_t end) {
                                  for (std::int64_t i = first * ld; i < end * ld; ++i)
                                    target[i] = static_cast<To>(source[i]);
                                });
}

template void copy_block(const VectorBlock<double>&, const VectorBlock<double>&);
template void copy_block(const VectorBlock<double>&, const VectorBlock<float>&);
template void copy_block(const VectorBlock<float>&, const VectorBlock<double>&);

std::vector<double> gram_matrix(const VectorBlock<double>& a, const VectorBlock<double>& b,
                                const Communicator* comm) {
  const std::int64_t size = std::int64_t{a.columns} * b.columns;
  auto sums = RowChunks(a.rows).sum(
      Kokkos::DefaultHostExecutionSpace(), size,
      [&](std::int64_t first, std::int64_t end, double* out) {
        for (std::int64_t begin = first; begin < end; begin += block_rows) {
          const auto count = static_cast<int>(std::min(block_rows, end - begin));
          gemm(Transpose::yes, Transpose::no, a.columns, b.columns, count, 1.0, a.row(begin), a.ld,
               b.row(begin), b.ld, 1.0, out, b.columns);
        }
      });
  if (comm) comm->sum(sums.data(), size);
  return sums;
}

void multiply_block(const VectorBlock<double>& a, const std::vector<double>& q, double alpha,
                    double beta, const VectorBlock<double>& to) {
  RowChunks(a.rows).for_each(
      Kokkos::DefaultHostExecutionSpace(), [&](std::int64_t, std::int64_t first, std::int64_t end) {
        for (std::int64_t begin = first; begin < end; begin += block_rows) {
          const auto count = static_cast<int>(std::min(block_rows, end - begin));
          gemm(Transpose::no, Transpose::no, count, to.columns, a.columns, alpha, a.row(begin),
               a.ld, q.data(), to.columns, beta, to.row(begin), to.ld);
        }
      });
}

void rotate_block(const VectorBlock<double>& a, const std::vector<double>& q) {
  const int n = a.columns;
  RowChunks(a.rows).for_each(
      Kokkos::DefaultHostExecutionSpace(), [&](std::int64_t, std::int64_t first, std::int64_t end) {
        std::vector<double> copy(index(block_rows * a.ld));
        for (std::int64_t begin = first; begin < end; begin += block_rows) {
          const auto count = static_cast<int>(std::min(block_rows, end - begin));
          std::copy_n(a.row(begin), count * std::int64_t{a.ld}, copy.begin());
          gemm(Transpose::no, Transpose::no, count, n, n, 1.0, copy.data(), a.ld, q.data(), n, 0.0,
               a.row(begin), a.ld);
        }
      });
}

void orthonormalize(const VectorBlock<double>& a, const Communicator* comm) {
  const int n = a.columns;
  for (int pass = 0; pass < 2; ++pass) {
    auto gram = gram_matrix(a, a, comm);
    // Columns of one length: the factorization then sees their directions only.
    std::vector<double> scale;
    for (int i = 0; i < n; ++i) {
      const double square = gram[index(i * n + i)];
      scale.push_back(square > 0 ? 1 / std::sqrt(square) : 0);
    }
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) gram[index(i * n + j)] *= scale[index(i)] * scale[index(j)];
    }
    if (!cholesky(n, gram.data())) throw Error("vectors to be made orthonormal are dependent");
    auto inverse = triangular_inverse(n, gram);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) inverse[index(i * n + j)] *= scale[index(i)];
    }
    rotate_block(a, inverse);
  }
}

std::vector<double> column_norms(const VectorBlock<double>& a, const Communicator* comm) {
  auto sums = RowChunks(a.rows).sum(Kokkos::DefaultHostExecutionSpace(), a.columns,
                                    [&](std::int64_t first, std::int64_t end, double* out) {
                                      for (std::int64_t i = first; i < end; ++i) {
                                        const double* row = a.row(i);
                                        for (int j = 0; j < a.columns; ++j)
                                          out[j] += row[j] * row[j];
                                      }
                                    });
  if (comm) comm->sum(sums.data(), a.columns);
  for (double& sum : sums) sum = std::sqrt(sum);
  return sums;
}

VectorBlock<double> leading_columns(const VectorBlock<double>& a, int columns) {
  VectorBlock<double> result(a);
  result.columns = columns;
  return result;
}

VectorBlock<double> view_as_block(double* values, std::int64_t rows, int columns) {
  VectorBlock<double> result;
  result.rows = rows;
  result.columns = columns;
  result.ld = padded_columns(columns);
  result.view = Kokkos::View<double*, Kokkos::HostSpace>(values, index(rows * result.ld));
  return result;
}

}  // namespace eigenprop
