#pragma once

#include <array>
#include <cstdint>

#include "linalg/detail/vector_array.hpp"

/// Products of small matrices whose result stays in vector registers: the innermost part of the
/// convolutions on the host. Written with the vector types of GCC and Clang, so that each
/// instruction set gets its own registers without intrinsics.
namespace eigenprop::tiles {

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr std::size_t most_vectors = 4;
#else
constexpr std::size_t most_vectors = 2;
#endif

/// Rows of the largest block: with `most_vectors` vectors a row, accumulators fill the registers.
constexpr std::size_t most_rows = 6;

/// Scalars in a vector, and in a row of the largest block.
template <class Scalar>
constexpr std::int64_t lanes = vector_bytes / static_cast<std::int64_t>(sizeof(Scalar));
template <class Scalar>
constexpr std::int64_t most_columns = most_vectors* lanes<Scalar>;

/// Where the elements of a row of A lie that the sum runs over: `outer` times `inner` runs of
/// `length` elements, `step` apart.
struct Walk {
  std::int64_t outer, outer_stride;
  std::int64_t inner, inner_stride;
  std::int64_t length, step;
};

/// Operands of one product. Rows of A and C may lie anywhere; rows of B follow the walk.
template <class Scalar>
struct Block {
  std::array<const Scalar*, most_rows> a;
  const Scalar* b;  ///< readable up to a multiple of `lanes` columns
  std::int64_t b_row;
  const Scalar* bias;  ///< added to all rows; null for nothing
  bool accumulate;     ///< adds to C, without the bias, instead of writing it
  std::array<Scalar*, most_rows> c;
};

/// C <- A B (+ bias, or + C) for 1 <= count <= most_rows rows and 1 <= columns <= most_columns. The
/// order of the sums does not depend on `count` and `columns`.
template <class Scalar>
void multiply_block(std::size_t count, std::int64_t columns, const Walk& walk,
                    const Block<Scalar>& block);

/// Calls f(first, count) for parts of 0 .. n-1 of nearly equal size, at most most_rows each: small
/// blocks would wait for their operands.
template <class F>
void for_each_part(std::int64_t n, const F& f) {
  constexpr auto most = static_cast<std::int64_t>(most_rows);
  const std::int64_t parts = (n + most - 1) / most;
  for (std::int64_t i = 0, first = 0; i < parts; ++i) {
    const std::int64_t end = (i + 1) * n / parts;
    f(first, static_cast<std::size_t>(end - first));
    first = end;
  }
}

}  // namespace eigenprop::tiles
