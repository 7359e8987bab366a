#pragma once

#include <algorithm>
#include <cstdint>

#include "cuts/detail/stencil_kernels.hpp"

/// Products of tall blocks with small matrices. The BLAS, which prepares for long inner loops,
/// takes two to four times as long for some 30 columns.
namespace eigenprop::block {

template <class X>
using Vector = typename stencil::VectorOf<X, block_lanes>::Type;

template <class X>
Vector<X> load(const X* from) {
  return *reinterpret_cast<const Vector<X>*>(from);
}

template <class X>
void store(const Vector<X>& value, X* to) {
  *reinterpret_cast<Vector<X>*>(to) = value;
}

/// out (p, ld_out) += Σ_i a_i[0 .. p) b_i[0 .. vectors · block_lanes) over rows.
template <std::size_t p, std::size_t vectors, class X>
inline void gram_tile(std::int64_t rows, const X* a, std::int64_t ld_a, const X* b,
                      std::int64_t ld_b, double* out, std::int64_t ld_out) {
  Vector<X> sums[p][vectors] = {};
  for (std::int64_t i = 0; i < rows; ++i, a += ld_a, b += ld_b) {
#pragma GCC unroll 6
    for (std::size_t j = 0; j < p; ++j) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v) sums[j][v] += a[j] * load(b + v * block_lanes);
    }
  }
  for (std::size_t j = 0; j < p; ++j) {
    for (std::size_t v = 0; v < vectors; ++v) {
      double* to = out + static_cast<std::int64_t>(j) * ld_out + v * block_lanes;
      for (int lane = 0; lane < block_lanes; ++lane)
        to[lane] += static_cast<double>(sums[j][v][lane]);
    }
  }
}

template <std::size_t vectors, class X>
inline void gram_columns(std::int64_t rows, int columns, const X* a, std::int64_t ld_a, const X* b,
                         std::int64_t ld_b, double* out, std::int64_t ld_out) {
  int j = 0;
  for (; j + 6 <= columns; j += 6)
    gram_tile<6, vectors>(rows, a + j, ld_a, b, ld_b, out + j * ld_out, ld_out);
  for (; j + 2 <= columns; j += 2)
    gram_tile<2, vectors>(rows, a + j, ld_a, b, ld_b, out + j * ld_out, ld_out);
  if (j < columns) gram_tile<1, vectors>(rows, a + j, ld_a, b, ld_b, out + j * ld_out, ld_out);
}

/// out (columns, ld_out) += AᵀB over rows, for all `ld_out` columns of B, a multiple of
/// block_lanes.
template <class X>
void gram(std::int64_t rows, int columns, const X* a, std::int64_t ld_a, const X* b,
          std::int64_t ld_b, double* out, int ld_out) {
  int done = 0;
  for (; done + 2 * block_lanes <= ld_out; done += 2 * block_lanes)
    gram_columns<2>(rows, columns, a, ld_a, b + done, ld_b, out + done, ld_out);
  if (done < ld_out) gram_columns<1>(rows, columns, a, ld_a, b + done, ld_b, out + done, ld_out);
}

/// to <- A Q + beta to on `p` rows and vectors · block_lanes columns of Q (inner, ld_q) and `to`.
template <std::size_t p, std::size_t vectors, class X>
inline void multiply_tile(int inner, const X* a, std::int64_t ld_a, const X* q, std::int64_t ld_q,
                          X beta, X* to, std::int64_t ld_to) {
  Vector<X> sums[p][vectors] = {};
  for (int j = 0; j < inner; ++j, q += ld_q) {
#pragma GCC unroll 6
    for (std::size_t i = 0; i < p; ++i) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < vectors; ++v)
        sums[i][v] += a[static_cast<std::int64_t>(i) * ld_a + j] * load(q + v * block_lanes);
    }
  }
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t v = 0; v < vectors; ++v) {
      X* place = to + static_cast<std::int64_t>(i) * ld_to + v * block_lanes;
      store(beta == X(0) ? sums[i][v] : sums[i][v] + beta * load(place), place);
    }
  }
}

/// to <- A Q + beta to over rows, for `columns` columns of Q (inner, ld_q), a multiple of
/// block_lanes.
template <class X>
void multiply(std::int64_t rows, int inner, const X* a, std::int64_t ld_a, const X* q, int ld_q,
              int columns, X beta, X* to, std::int64_t ld_to) {
  constexpr std::int64_t p = 6;
  for (std::int64_t i = 0; i < rows;) {
    const bool tile = i + p <= rows;
    for (int done = 0; done < columns;) {
      const bool wide = done + 2 * block_lanes <= columns;
      const auto kernel = tile ? (wide ? multiply_tile<p, 2, X> : multiply_tile<p, 1, X>)
                               : (wide ? multiply_tile<1, 2, X> : multiply_tile<1, 1, X>);
      kernel(inner, a + i * ld_a, ld_a, q + done, ld_q, beta, to + i * ld_to + done, ld_to);
      done += wide ? 2 * block_lanes : block_lanes;
    }
    i += tile ? p : 1;
  }
}

}  // namespace eigenprop::block
