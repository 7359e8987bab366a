#include "linalg/detail/gemm_microkernel.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eigenprop::tiles {
namespace {

template <class Scalar>
using Product = void (*)(const Walk&, const Block<Scalar>&);

// Complete unrolling keeps the accumulators in registers.
template <class Scalar, std::size_t count, std::size_t vectors>
void product(const Walk& walk, const Block<Scalar>& block) {
  typedef Scalar Vector
      __attribute__((vector_size(vector_bytes), aligned(alignof(Scalar)), may_alias));
  constexpr std::size_t width = lanes<Scalar>;
  Vector sums[count][vectors];
  for (std::size_t r = 0; r < count; ++r) {
    const Scalar* start = block.accumulate ? block.c[r] : block.bias;
    for (std::size_t v = 0; v < vectors; ++v)
      sums[r][v] = start ? *reinterpret_cast<const Vector*>(start + v * width) : Vector{};
  }
  const Scalar* b = block.b;
  for (std::int64_t o = 0; o < walk.outer; ++o) {
    for (std::int64_t i = 0; i < walk.inner; ++i) {
      const Scalar* a[count];
      for (std::size_t r = 0; r < count; ++r)
        a[r] = block.a[r] + o * walk.outer_stride + i * walk.inner_stride;
      for (std::int64_t k = 0; k < walk.length; ++k) {
        Vector right[vectors];
#pragma GCC unroll 4
        for (std::size_t v = 0; v < vectors; ++v)
          right[v] = *reinterpret_cast<const Vector*>(b + v * width);
#pragma GCC unroll 6
        for (std::size_t r = 0; r < count; ++r) {
          const Scalar left = a[r][k * walk.step];
#pragma GCC unroll 4
          for (std::size_t v = 0; v < vectors; ++v) sums[r][v] += left * right[v];
        }
        b += block.b_row;
      }
    }
  }
  for (std::size_t r = 0; r < count; ++r) {
    for (std::size_t v = 0; v < vectors; ++v)
      *reinterpret_cast<Vector*>(block.c[r] + v * width) = sums[r][v];
  }
}

template <class Scalar, std::size_t... i>
constexpr std::array<Product<Scalar>, sizeof...(i)> all_products(std::index_sequence<i...>) {
  return {product<Scalar, i / most_vectors + 1, i % most_vectors + 1>...};
}

}  // namespace

template <class Scalar>
void multiply_block(std::size_t count, std::int64_t columns, const Walk& walk,
                    const Block<Scalar>& block) {
  static constexpr auto products =
      all_products<Scalar>(std::make_index_sequence<most_rows * most_vectors>());
  const auto vectors = static_cast<std::size_t>((columns + lanes<Scalar> - 1) / lanes<Scalar>);
  const auto f = products[(count - 1) * most_vectors + vectors - 1];
  if (columns % lanes<Scalar> == 0) {
    f(walk, block);
    return;
  }
  // The last vector reaches beyond the columns of C and of the bias.
  std::array<Scalar, most_rows * most_columns<Scalar>> whole{};
  std::array<Scalar, most_columns<Scalar>> bias{};
  Block<Scalar> padded = block;
  for (std::size_t r = 0; r < count; ++r) {
    padded.c[r] = whole.data() + r * static_cast<std::size_t>(most_columns<Scalar>);
    if (block.accumulate) std::copy_n(block.c[r], columns, padded.c[r]);
  }
  if (block.bias) {
    std::copy_n(block.bias, columns, bias.data());
    padded.bias = bias.data();
  }
  f(walk, padded);
  for (std::size_t r = 0; r < count; ++r) std::copy_n(padded.c[r], columns, block.c[r]);
}

template void multiply_block(std::size_t, std::int64_t, const Walk&, const Block<float>&);
template void multiply_block(std::size_t, std::int64_t, const Walk&, const Block<double>&);

}  // namespace eigenprop::tiles
