#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "cuts/stencil_matrix.hpp"

/// One image line of a product with a StencilMatrix, in the vector types of GCC and Clang.
namespace eigenprop::stencil {

/// Where the operands of one line lie. All pointers are at its column 0.
template <class Weight, class X>
struct Line {
  const Weight* weights;          ///< of the first offset
  const Weight* diagonal;         ///< own pixels
  std::int64_t forward;           ///< from one offset's weights to the next one's
  const std::int64_t* backward;   ///< (offsets): to a(i−δ, δ)
  const std::int64_t* neighbour;  ///< (offsets): from pixel i to i+δ
  std::size_t offsets;
  const X* x;
  const X* z;
  X* out;
  std::int64_t ld;
};

template <class X, std::size_t lanes>
struct VectorOf {
  typedef X Type __attribute__((vector_size(lanes * sizeof(X)), aligned(alignof(X)), may_alias));
};

/// Offsets whose steps are neighbours, of one line: what one of them reads of x, its pixel's
/// neighbour reads by the next, from a register.
constexpr std::size_t run_length = 3;

/// sums += the terms of `count` such offsets from `first` on, and of their opposites.
template <std::size_t count, std::size_t pixels, std::size_t vectors, class Weight, class X>
[[gnu::always_inline]] inline void add_offsets(
    const Line<Weight, X>& line, std::size_t first, std::int64_t column, std::int64_t ld,
    const X* x, typename VectorOf<X, block_lanes>::Type (&sums)[pixels][vectors]) {
  using Vector = typename VectorOf<X, block_lanes>::Type;
  const auto load = [](const X* from) { return *reinterpret_cast<const Vector*>(from); };
  const Weight* forward[count];
  const Weight* backward[count];
  for (std::size_t r = 0; r < count; ++r) {
    forward[r] = line.weights + static_cast<std::int64_t>(first + r) * line.forward + column;
    backward[r] = line.weights + line.backward[first + r] + column;
  }
  const X* after = x + line.neighbour[first] * ld;
  const X* before = x - (line.neighbour[first] + static_cast<std::int64_t>(count) - 1) * ld;
#pragma GCC unroll 16
  for (std::size_t c = 0; c < pixels + count - 1; ++c) {
    Vector values[vectors], opposite[vectors];
#pragma GCC unroll 4
    for (std::size_t v = 0; v < vectors; ++v) {
      const auto place =
          static_cast<std::int64_t>(c) * ld + static_cast<std::int64_t>(v * block_lanes);
      values[v] = load(after + place);
      opposite[v] = load(before + place);
    }
#pragma GCC unroll 4
    for (std::size_t r = 0; r < count; ++r) {
      // Pixel c − r by offset r, and by its opposite pixel c − (count − 1 − r).
      if (c >= r && c - r < pixels) {
        const X f = static_cast<X>(forward[r][c - r]);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < vectors; ++v) sums[c - r][v] += f * values[v];
      }
      const std::size_t back = count - 1 - r;
      if (c >= back && c - back < pixels) {
        const X b = static_cast<X>(backward[r][c - back]);
#pragma GCC unroll 4
        for (std::size_t v = 0; v < vectors; ++v) sums[c - back][v] += b * opposite[v];
      }
    }
  }
}

/// `vectors` times block_lanes columns of `pixels` pixels from `column` on: their sums stay in
/// registers. `whole`: these are all columns, and places follow at compile time.
template <std::size_t pixels, std::size_t vectors, bool whole, class Weight, class X>
inline void block_tile(const Line<Weight, X>& line, std::int64_t column,
                       const StencilTerms<X>& terms) {
  using Vector = typename VectorOf<X, block_lanes>::Type;
  const std::int64_t ld = whole ? static_cast<std::int64_t>(vectors * block_lanes) : line.ld;
  const auto load = [](const X* from) { return *reinterpret_cast<const Vector*>(from); };
  Vector sums[pixels][vectors];
#pragma GCC unroll 8
  for (std::size_t p = 0; p < pixels; ++p) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < vectors; ++v) sums[p][v] = Vector{};
  }
  const X* x = line.x + column * ld;
  for (std::size_t o = 0; o < line.offsets;) {
    bool run = o + run_length <= line.offsets;
    for (std::size_t r = 1; run && r < run_length; ++r)
      run = line.neighbour[o + r] == line.neighbour[o] + static_cast<std::int64_t>(r);
    if (run) {
      add_offsets<run_length, pixels, vectors>(line, o, column, ld, x, sums);
      o += run_length;
    } else {
      add_offsets<1, pixels, vectors>(line, o, column, ld, x, sums);
      ++o;
    }
  }
#pragma GCC unroll 8
  for (std::size_t p = 0; p < pixels; ++p) {
    const auto i = column + static_cast<std::int64_t>(p);
    const X diagonal = static_cast<X>(line.diagonal[i]);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < vectors; ++v) {
      const auto place = i * ld + static_cast<std::int64_t>(v * block_lanes);
      const Vector own = load(line.x + place);
      Vector result = terms.alpha * (sums[p][v] + diagonal * own);
      result += terms.betas ? load(terms.betas + v * block_lanes) * own : terms.beta * own;
      if (terms.gamma != X(0)) result += terms.gamma * load(line.z + place);
      *reinterpret_cast<Vector*>(line.out + place) = result;
    }
  }
}

template <std::size_t vectors, bool whole, class Weight, class X>
void block_columns(const Line<Weight, X>& line, std::int64_t first, std::int64_t end,
                   const StencilTerms<X>& terms) {
  // As many sums as hide the latency of an addition, and still fit the registers.
  constexpr std::size_t pixels = vectors == 1 ? 8 : vectors == 2 ? 6 : vectors == 3 ? 4 : 3;
  std::int64_t column = first;
  for (; column + static_cast<std::int64_t>(pixels) <= end;
       column += static_cast<std::int64_t>(pixels))
    block_tile<pixels, vectors, whole>(line, column, terms);
  for (; column < end; ++column) block_tile<1, vectors, whole>(line, column, terms);
}

/// All columns of a block, at most four registers' worth at once.
template <class Weight, class X>
void block_line(const Line<Weight, X>& all, int columns, std::int64_t first, std::int64_t end,
                const StencilTerms<X>& all_terms) {
  constexpr int most = 4 * block_lanes;
  switch (columns) {
    case block_lanes:
      return block_columns<1, true>(all, first, end, all_terms);
    case 2 * block_lanes:
      return block_columns<2, true>(all, first, end, all_terms);
    case 3 * block_lanes:
      return block_columns<3, true>(all, first, end, all_terms);
    case most:
      return block_columns<4, true>(all, first, end, all_terms);
    default:
      break;
  }
  for (int done = 0; done < columns;) {
    Line<Weight, X> line = all;
    StencilTerms<X> terms = all_terms;
    line.x += done;
    line.out += done;
    if (line.z) line.z += done;
    if (terms.betas) terms.betas += done;
    const bool wide = columns - done >= most;
    if (wide) {
      block_columns<4, false>(line, first, end, terms);
    } else {
      block_columns<1, false>(line, first, end, terms);
    }
    done += wide ? most : block_lanes;
  }
}

/// One vector: neighbouring pixels fill the registers.
template <class Weight, class X>
void vector_line(const Line<Weight, X>& line, std::int64_t first, std::int64_t end,
                 const StencilTerms<X>& terms) {
  // GCC 12 converts single to double precision in registers of half the size only.
  constexpr std::int64_t bytes = std::is_same_v<Weight, X> ? 64 : 32;
  constexpr std::int64_t lanes = bytes / static_cast<std::int64_t>(sizeof(X));
  constexpr std::int64_t vectors = 4;
  constexpr std::int64_t ahead = 4 * vectors * lanes;
  using Vector = typename VectorOf<X, static_cast<std::size_t>(lanes)>::Type;
  using Weights = typename VectorOf<Weight, static_cast<std::size_t>(lanes)>::Type;
  const auto load = [](const X* from) { return *reinterpret_cast<const Vector*>(from); };
  const auto weights = [](const Weight* from) {
    return __builtin_convertvector(*reinterpret_cast<const Weights*>(from), Vector);
  };
  const X beta = terms.betas ? terms.betas[0] : terms.beta;
  std::int64_t column = first;
  for (; column + vectors * lanes <= end; column += vectors * lanes) {
    Vector sums[vectors];
#pragma GCC unroll 4
    for (auto& sum : sums) sum = Vector{};
    const Weight* forward = line.weights + column;
    for (std::size_t o = 0; o < line.offsets; ++o, forward += line.forward) {
      const Weight* backward = line.weights + line.backward[o] + column;
      const X* after = line.x + line.neighbour[o] + column;
      const X* before = line.x - line.neighbour[o] + column;
      // As many streams as offsets: more than the processor finds by itself.
      __builtin_prefetch(forward + ahead);
#pragma GCC unroll 4
      for (std::int64_t v = 0; v < vectors; ++v) {
        sums[v] += weights(forward + v * lanes) * load(after + v * lanes);
        sums[v] += weights(backward + v * lanes) * load(before + v * lanes);
      }
    }
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < vectors; ++v) {
      const std::int64_t place = column + v * lanes;
      const Vector own = load(line.x + place);
      Vector result = terms.alpha * (sums[v] + weights(line.diagonal + place) * own) + beta * own;
      if (terms.gamma != X(0)) result += terms.gamma * load(line.z + place);
      *reinterpret_cast<Vector*>(line.out + place) = result;
    }
  }
  for (; column < end; ++column) {
    X sum = 0;
    for (std::size_t o = 0; o < line.offsets; ++o) {
      const auto forward = static_cast<std::int64_t>(o) * line.forward;
      sum += static_cast<X>(line.weights[forward + column]) * line.x[line.neighbour[o] + column];
      sum += static_cast<X>(line.weights[line.backward[o] + column]) *
             line.x[column - line.neighbour[o]];
    }
    X result = terms.alpha * (sum + static_cast<X>(line.diagonal[column]) * line.x[column]) +
               beta * line.x[column];
    if (terms.gamma != X(0)) result += terms.gamma * line.z[column];
    line.out[column] = result;
  }
}

}  // namespace eigenprop::stencil
