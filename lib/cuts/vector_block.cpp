#include "cuts/vector_block.hpp"

#include <algorithm>
#include <cmath>

#include "cuts/detail/block_kernels.hpp"
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

// alpha Q, its rows padded as those of blocks.
template <class X>
class SmallMatrix {
 public:
  // Q (rows, columns); `ld_to`: of the block that takes products.
  SmallMatrix(int rows, int columns, int ld_to, const std::vector<double>& q, double alpha)
      : rows_(rows),
        columns_(columns),
        padded_(padded_columns(columns)),
        // Where `to` is the first columns of a wider block, what would fill the last register up
        // are numbers of others.
        whole_(padded_ == 1       ? 0
               : padded_ == ld_to ? padded_
                                  : columns / block_lanes * block_lanes),
        values_(index(std::int64_t{rows} * padded_), X(0)) {
    for (int j = 0; j < rows; ++j) {
      for (int c = 0; c < columns; ++c)
        values_[index(j * padded_ + c)] = static_cast<X>(alpha * q[index(j * columns + c)]);
    }
  }

  // to <- alpha A Q + beta to.
  void multiply(std::int64_t count, const X* a, std::int64_t ld_a, X beta, X* to,
                std::int64_t ld_to) const {
    block::multiply(count, rows_, a, ld_a, values_.data(), padded_, whole_, beta, to, ld_to);
    for (std::int64_t i = 0; i < count && whole_ < columns_; ++i) {
      for (int c = whole_; c < columns_; ++c) {
        X sum = 0;
        for (int j = 0; j < rows_; ++j) sum += a[i * ld_a + j] * values_[index(j * padded_ + c)];
        X& place = to[i * ld_to + c];
        place = beta == X(0) ? sum : sum + beta * place;
      }
    }
  }

 private:
  int rows_, columns_, padded_, whole_;
  std::vector<X> values_;
};

}  // namespace

template <class To, class From>
void copy_block(const HostExecutionSpace& space, const VectorBlock<From>& from,
                const VectorBlock<To>& to) {
  const From* source = from.data();
  To* target = to.data();
  const std::int64_t ld = from.ld;
  RowChunks(from.rows).for_each(space, [=](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first * ld; i < end * ld; ++i) target[i] = static_cast<To>(source[i]);
  });
}

template void copy_block(const HostExecutionSpace&, const VectorBlock<double>&,
                         const VectorBlock<double>&);
template void copy_block(const HostExecutionSpace&, const VectorBlock<const double>&,
                         const VectorBlock<double>&);
template void copy_block(const HostExecutionSpace&, const VectorBlock<const double>&,
                         const VectorBlock<float>&);
template void copy_block(const HostExecutionSpace&, const VectorBlock<double>&,
                         const VectorBlock<float>&);
template void copy_block(const HostExecutionSpace&, const VectorBlock<float>&,
                         const VectorBlock<double>&);

template <class X>
std::vector<double> gram_matrix(const HostExecutionSpace& space, const VectorBlock<X>& a,
                                const VectorBlock<X>& b, const Communicator* comm) {
  const int padded = padded_columns(b.columns);
  const auto sums = RowChunks(a.rows).sum(
      space, std::int64_t{a.columns} * padded,
      [&](std::int64_t first, std::int64_t end, double* out) {
        if (padded == 1) {
          for (std::int64_t i = first; i < end; ++i) {
            for (int j = 0; j < a.columns; ++j)
              out[j] += static_cast<double>(a.row(i)[j]) * static_cast<double>(*b.row(i));
          }
          return;
        }
        for (std::int64_t begin = first; begin < end; begin += block_rows)
          block::gram(std::min(block_rows, end - begin), a.columns, a.row(begin), a.ld,
                      b.row(begin), b.ld, out, padded);
      });
  std::vector<double> result;
  for (int j = 0; j < a.columns; ++j) {
    const auto row = sums.begin() + std::int64_t{j} * padded;
    result.insert(result.end(), row, row + b.columns);
  }
  if (comm) comm->sum(result.data(), static_cast<std::int64_t>(result.size()));
  return result;
}

template <class X>
void multiply_block(const HostExecutionSpace& space, const VectorBlock<X>& a,
                    const std::vector<double>& q, double alpha, double beta,
                    const VectorBlock<X>& to) {
  const SmallMatrix<X> factor(a.columns, to.columns, to.ld, q, alpha);
  RowChunks(a.rows).for_each(space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
    factor.multiply(end - first, a.row(first), a.ld, static_cast<X>(beta), to.row(first), to.ld);
  });
}

void rotate_block(const HostExecutionSpace& space, const VectorBlock<double>& a,
                  const std::vector<double>& q) {
  const SmallMatrix<double> factor(a.columns, a.columns, a.ld, q, 1);
  RowChunks(a.rows).for_each(space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
    std::vector<double> copy(index(block_rows * a.ld));
    for (std::int64_t begin = first; begin < end; begin += block_rows) {
      const std::int64_t count = std::min(block_rows, end - begin);
      std::copy_n(a.row(begin), count * a.ld, copy.begin());
      factor.multiply(count, copy.data(), a.ld, 0, a.row(begin), a.ld);
    }
  });
}

void orthonormalize(const HostExecutionSpace& space, const VectorBlock<double>& a,
                    const Communicator* comm) {
  const int n = a.columns;
  for (int pass = 0; pass < 2; ++pass) {
    auto gram = gram_matrix(space, a, a, comm);
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
    rotate_block(space, a, inverse);
  }
}

std::vector<double> column_norms(const HostExecutionSpace& space, const VectorBlock<double>& a,
                                 const Communicator* comm) {
  auto sums = RowChunks(a.rows).sum(space, a.columns,
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

namespace {

template <class X>
VectorBlock<X> block_on(X* values, std::int64_t rows, int columns) {
  VectorBlock<X> result;
  result.rows = rows;
  result.columns = columns;
  result.ld = padded_columns(columns);
  result.view = Kokkos::View<X*, Kokkos::HostSpace>(values, index(rows * result.ld));
  return result;
}

}  // namespace

VectorBlock<double> view_as_block(double* values, std::int64_t rows, int columns) {
  return block_on(values, rows, columns);
}
VectorBlock<const double> view_as_block(const double* values, std::int64_t rows, int columns) {
  return block_on(values, rows, columns);
}

template std::vector<double> gram_matrix(const HostExecutionSpace&, const VectorBlock<float>&,
                                         const VectorBlock<float>&, const Communicator*);
template std::vector<double> gram_matrix(const HostExecutionSpace&, const VectorBlock<double>&,
                                         const VectorBlock<double>&, const Communicator*);
template void multiply_block(const HostExecutionSpace&, const VectorBlock<float>&,
                             const std::vector<double>&, double, double, const VectorBlock<float>&);
template void multiply_block(const HostExecutionSpace&, const VectorBlock<double>&,
                             const std::vector<double>&, double, double,
                             const VectorBlock<double>&);

}  // namespace eigenprop
