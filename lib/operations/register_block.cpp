#include "operations/register_block.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eigenprop::tiles {
namespace {

template <class Scalar>
using Product = void (*)(const Walk&, const Block<Scalar>&);

// Complete unrolling keeps the accumulators in registers.
template <class Scalar, int rows, int vectors>
void product(const Walk& walk, const Block<Scalar>& block) {
  typedef Scalar Vector
      __attribute__((vector_size(vector_bytes), aligned(alignof(Scalar)), may_alias));
  constexpr std::int64_t width = lanes<Scalar>;
  Vector sums[rows][vectors];
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      sums[r][v] =
          block.start
              ? *reinterpret_cast<const Vector*>(block.start + r * block.start_row + v * width)
              : Vector{};
    }
  }
  const Scalar* b = block.b;
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t i = 0; i < walk.inner; ++i) {
      const Scalar* a[rows];
      for (int r = 0; r < rows; ++r)
        a[r] = block.a + r * block.a_row + o * walk.outer_stride + i * walk.inner_stride;
      for (std::int64_t k = 0; k < walk.length; ++k) {
        Vector right[vectors];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v)
          right[v] = *reinterpret_cast<const Vector*>(b + v * width);
#pragma GCC unroll 6
        for (int r = 0; r < rows; ++r) {
          const Scalar left = a[r][k * walk.step];
#pragma GCC unroll 4
          for (int v = 0; v < vectors; ++v) sums[r][v] += left * right[v];
        }
        b += block.b_row;
      }
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v)
      *reinterpret_cast<Vector*>(block.c + r * block.c_row + v * width) = sums[r][v];
  }
}

template <class Scalar, int... i>
constexpr std::array<Product<Scalar>, sizeof...(i)> all_products(std::integer_sequence<int, i...>) {
  return {product<Scalar, i / most_vectors + 1, i % most_vectors + 1>...};
}

}  // namespace

template <class Scalar>
void multiply_block(int rows, std::int64_t columns, const Walk& walk, const Block<Scalar>& block) {
  static constexpr auto products =
      all_products<Scalar>(std::make_integer_sequence<int, most_rows * most_vectors>());
  const auto vectors = static_cast<int>((columns + lanes<Scalar> - 1) / lanes<Scalar>);
  const auto f = products[static_cast<std::size_t>((rows - 1) * most_vectors + vectors - 1)];
  if (columns == vectors * lanes<Scalar>) {
    f(walk, block);
    return;
  }
  // The last vector reaches beyond the columns of `start` and C.
  std::array<Scalar, most_rows * most_columns<Scalar>> whole{};
  const std::int64_t width = vectors * lanes<Scalar>;
  Block<Scalar> padded = block;
  padded.c = whole.data();
  padded.c_row = width;
  if (block.start) {
    for (int r = 0; r < rows; ++r)
      std::copy_n(block.start + r * block.start_row, columns, whole.data() + r * width);
    padded.start = whole.data();
    padded.start_row = width;
  }
  f(walk, padded);
  for (int r = 0; r < rows; ++r)
    std::copy_n(whole.data() + r * width, columns, block.c + r * block.c_row);
}

template void multiply_block(int, std::int64_t, const Walk&, const Block<float>&);
template void multiply_block(int, std::int64_t, const Walk&, const Block<double>&);

}  // namespace eigenprop::tiles
