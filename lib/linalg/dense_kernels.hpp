#pragma once

#include <algorithm>
#include <cstdint>

namespace eigenprop {

/// Lower triangle of the row-major n x n matrix <- its upper triangle.
template <class Scalar>
void mirror_upper(int n, Scalar* a) {
  // A tile is turned in a buffer that stays in the innermost cache; memory is met in rows only.
  constexpr int tile = 32;
  Scalar buffer[tile * tile];
  for (int i = 0; i < n; i += tile) {
    const int rows = std::min(tile, n - i);
    for (int j = i; j < n; j += tile) {
      const int columns = std::min(tile, n - j);
      for (int r = 0; r < rows; ++r) {
        const Scalar* source = a + std::int64_t{i + r} * n + j;
        for (int c = 0; c < columns; ++c) buffer[c * tile + r] = source[c];
      }
      for (int c = 0; c < columns; ++c) {
        Scalar* target = a + std::int64_t{j + c} * n + i;
        // On the diagonal only what lies below it.
        const int end = i == j ? c : rows;
        for (int r = 0; r < end; ++r) target[r] = buffer[c * tile + r];
      }
    }
  }
}

/// to <- (from + fromᵀ) scale for row-major n x n matrices; they may not overlap.
template <class Scalar>
void add_transposed(int n, Scalar scale, const Scalar* from, Scalar* to) {
  constexpr int tile = 32;
  Scalar buffer[tile * tile];
  for (int i = 0; i < n; i += tile) {
    const int rows = std::min(tile, n - i);
    for (int j = i; j < n; j += tile) {
      const int columns = std::min(tile, n - j);
      for (int c = 0; c < columns; ++c) {
        const Scalar* source = from + std::int64_t{j + c} * n + i;
        for (int r = 0; r < rows; ++r) buffer[r * tile + c] = source[r];
      }
      for (int r = 0; r < rows; ++r) {
        const Scalar* upper = from + std::int64_t{i + r} * n + j;
        Scalar* target = to + std::int64_t{i + r} * n + j;
        for (int c = 0; c < columns; ++c) {
          buffer[r * tile + c] = scale * (upper[c] + buffer[r * tile + c]);
          target[c] = buffer[r * tile + c];
        }
      }
      if (i == j) continue;
      for (int c = 0; c < columns; ++c) {
        Scalar* target = to + std::int64_t{j + c} * n + i;
        for (int r = 0; r < rows; ++r) target[r] = buffer[r * tile + c];
      }
    }
  }
}

/// to <- diag(factors) from for row-major rows x columns matrices, which may be the same.
template <class Scalar>
void scale_rows(int rows, int columns, const Scalar* factors, const Scalar* from, Scalar* to) {
  for (int i = 0; i < rows; ++i) {
    const Scalar factor = factors[i];
    const Scalar* source = from + std::int64_t{i} * columns;
    Scalar* target = to + std::int64_t{i} * columns;
    for (int j = 0; j < columns; ++j) target[j] = factor * source[j];
  }
}

}  // namespace eigenprop
