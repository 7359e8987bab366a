#pragma once

#include <cstdint>

/// Products of small matrices whose result stays in vector registers: the innermost part of the
/// convolutions on the host. Written with the vector types of GCC and Clang, so that each
/// instruction set gets its own registers without intrinsics.
namespace eigenprop::tiles {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
constexpr int most_vectors = 4;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
constexpr int most_vectors = 2;
#elif defined(__aarch64__)
constexpr int vector_bytes = 16;
constexpr int most_vectors = 4;
#else
constexpr int vector_bytes = 16;
constexpr int most_vectors = 2;
#endif

/// Rows of the largest block: with `most_vectors` vectors a row, accumulators fill the registers.
constexpr int most_rows = 6;

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

/// Matrices of one product: addresses, and distances between rows. Rows of B follow the walk.
template <class Scalar>
struct Block {
  const Scalar* a;
  std::int64_t a_row;
  const Scalar* b;  ///< readable up to a multiple of `lanes` columns
  std::int64_t b_row;
  const Scalar* start;  ///< added to the product; null for nothing; may be C
  std::int64_t start_row;
  Scalar* c;
  std::int64_t c_row;
};

/// C <- start + A B for 1 <= rows <= most_rows and 1 <= columns <= most_columns. The order of the
/// sums does not depend on rows and columns.
template <class Scalar>
void multiply_block(int rows, std::int64_t columns, const Walk& walk, const Block<Scalar>& block);

/// Calls f(first, count) for parts of 0 .. n-1 of nearly equal size, at most most_rows each: a
/// block of one row would wait for its operands.
template <class F>
void for_each_part(std::int64_t n, const F& f) {
  const std::int64_t parts = (n + most_rows - 1) / most_rows;
  for (std::int64_t i = 0, first = 0; i < parts; ++i) {
    const std::int64_t end = (i + 1) * n / parts;
    f(first, static_cast<int>(end - first));
    first = end;
  }
}

}  // namespace eigenprop::tiles
