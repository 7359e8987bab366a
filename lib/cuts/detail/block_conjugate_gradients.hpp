#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "cuts/vector_block.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/index.hpp"

namespace eigenprop::block {

/// f(first row, end row) over chunks of the rows of a block, in parallel.
template <class F>
void for_each_chunk(const HostExecutionSpace& space, std::int64_t rows, const F& f) {
  RowChunks(rows).for_each(
      space, [&](std::int64_t, std::int64_t first, std::int64_t end) { f(first, end); });
}

/// Sums over the rows of f(number of the row, sums of one run of rows); sums of runs are of type X,
/// totals are double. Collective.
template <class X, class F>
std::vector<double> column_sums(const HostExecutionSpace& space, std::int64_t rows, int ld,
                                const Communicator* comm, const F& f) {
  constexpr std::int64_t run = 256;
  auto sums =
      RowChunks(rows).sum(space, ld, [&](std::int64_t first, std::int64_t end, double* out) {
        std::vector<X> part(index(ld));
        for (std::int64_t begin = first; begin < end; begin += run) {
          std::fill(part.begin(), part.end(), X(0));
          for (std::int64_t i = begin; i < std::min(begin + run, end); ++i) f(i, part.data());
          for (int l = 0; l < ld; ++l) out[l] += static_cast<double>(part[index(l)]);
        }
      });
  if (comm) comm->sum(sums.data(), ld);
  return sums;
}

/// What conjugate gradients have done.
struct ConjugateGradients {
  int steps = 0;
  int indefinite = -1;  ///< a column whose matrix is not positive definite, where one was found
};

/// Preconditioned conjugate gradients for systems A_l x_l = r_l, each column with steps of its own;
/// `apply(p, q)`: q_l <- A_l p_l, `precondition(r, z)`; `project(r)` takes out of residuals what
/// solutions do not reach. x <- solution; r <- its residual. Ends where the norm of all residuals
/// is `wanted`, or the smallest part of the first that the precision allows, after `most` steps, or
/// where a matrix turns out not to be positive definite. Collective.
template <class X, class Apply, class Project, class Precondition>
ConjugateGradients conjugate_gradients(const HostExecutionSpace& space, const Apply& apply,
                                       const Project& project, const Precondition& precondition,
                                       const VectorBlock<X>& r, const VectorBlock<X>& x,
                                       double wanted, int most, const Communicator* comm) {
  const std::int64_t rows = r.rows;
  const int ld = r.ld;
  const auto products = [&](const VectorBlock<X>& a, const VectorBlock<X>& b) {
    return column_sums<X>(space, rows, ld, comm, [&](std::int64_t i, X* sums) {
      const X* left = a.row(i);
      const X* right = b.row(i);
      for (int l = 0; l < ld; ++l) sums[l] += left[l] * right[l];
    });
  };
  const auto total = [](const std::vector<double>& squares) {
    double sum = 0;
    for (const double s : squares) sum += s;
    return std::sqrt(sum);
  };
  // Columns whose residual is zero rest.
  const auto ratios = [ld](const std::vector<double>& above, const std::vector<double>& below) {
    std::vector<X> result(index(ld), X(0));
    for (int l = 0; l < ld; ++l) {
      if (below[index(l)] > 0) result[index(l)] = static_cast<X>(above[index(l)] / below[index(l)]);
    }
    return result;
  };
  // A column with pᵀAp < 0 beyond rounding, or -1.
  const auto first_negative = [&](const std::vector<double>& curvature, const VectorBlock<X>& p) {
    constexpr double rounding = std::is_same_v<X, float> ? 1e-6 : 1e-14;
    if (*std::min_element(curvature.begin(), curvature.end()) >= 0) return -1;
    const auto squares = products(p, p);
    for (int l = 0; l < p.columns; ++l) {
      if (curvature[index(l)] < -rounding * squares[index(l)]) return l;
    }
    return -1;
  };
  Kokkos::deep_copy(space, x.view, X(0));
  project(r);
  constexpr double smallest = std::is_same_v<X, float> ? 1e-4 : 1e-8;
  const double goal = std::max(wanted, smallest * total(products(r, r)));
  const VectorBlock<X> z(rows, r.columns), p(rows, r.columns), q(rows, r.columns);
  std::vector<double> r_z;
  for (int step = 0; step < most; ++step) {
    precondition(r, z);
    const auto before = r_z;
    r_z = products(r, z);
    const auto beta = step == 0 ? std::vector<X>(index(ld), X(0)) : ratios(r_z, before);
    for_each_chunk(space, rows, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        X* direction = p.row(i);
        const X* fresh = z.row(i);
        for (int l = 0; l < ld; ++l) direction[l] = fresh[l] + beta[index(l)] * direction[l];
      }
    });
    apply(p, q);
    const auto curvature = products(p, q);
    const int negative = first_negative(curvature, p);
    if (negative >= 0) return {step, negative};
    const auto alpha = ratios(r_z, curvature);
    for_each_chunk(space, rows, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        X* rest = r.row(i);
        X* solution = x.row(i);
        const X* direction = p.row(i);
        const X* image = q.row(i);
        for (int l = 0; l < ld; ++l) {
          solution[l] += alpha[index(l)] * direction[l];
          rest[l] -= alpha[index(l)] * image[l];
        }
      }
    });
    project(r);
    if (total(products(r, r)) <= goal) return {step + 1};
  }
  return {most};
}

}  // namespace eigenprop::block
