#pragma once

#include <cstdint>

namespace eigenprop {

/// Lower triangle of the row-major n x n matrix <- its upper triangle.
template <class Scalar>
void mirror_upper(int n, Scalar* a) {
  // In tiles, so that the rows written to stay in the cache.
  constexpr int tile = 32;
  for (int ib = 0; ib < n; ib += tile) {
    for (int jb = ib; jb < n; jb += tile) {
      for (int i = ib; i < n && i < ib + tile; ++i) {
        for (int j = jb > i ? jb : i + 1; j < n && j < jb + tile; ++j)
          a[static_cast<std::int64_t>(j) * n + i] = a[static_cast<std::int64_t>(i) * n + j];
      }
    }
  }
}

/// to <- (from + fromᵀ) scale for row-major n x n matrices; they may not overlap.
template <class Scalar>
void add_transposed(int n, Scalar scale, const Scalar* from, Scalar* to) {
  constexpr int tile = 32;
  for (int ib = 0; ib < n; ib += tile) {
    for (int jb = 0; jb < n; jb += tile) {
      for (int i = ib; i < n && i < ib + tile; ++i) {
        for (int j = jb; j < n && j < jb + tile; ++j) {
          to[static_cast<std::int64_t>(i) * n + j] =
              scale * (from[static_cast<std::int64_t>(i) * n + j] +
                       from[static_cast<std::int64_t>(j) * n + i]);
        }
      }
    }
  }
}

/// to <- diag(factors) from for row-major rows x columns matrices, which may be the same.
template <class Scalar>
void scale_rows(int rows, int columns, const Scalar* factors, const Scalar* from, Scalar* to) {
  for (int i = 0; i < rows; ++i) {
    const Scalar factor = factors[i];
    for (int j = 0; j < columns; ++j)
      to[static_cast<std::int64_t>(i) * columns + j] =
          factor * from[static_cast<std::int64_t>(i) * columns + j];
  }
}

}  // namespace eigenprop
