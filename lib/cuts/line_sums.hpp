#pragma once

#include "tensor/loops.hpp"
#include "tensor/tensor.hpp"

namespace eigenprop {

/// Σ f(i) over i = 0 .. lines · row − 1: each line by one thread, then the lines in order, so that
/// the sum does not depend on the number of threads.
template <class F>
double sum_over_lines(const ExecutionSpace& space, std::int64_t lines, std::int64_t row,
                      const F& f) {
  const Tensor<double> sums({lines});
  const auto view = sums.view();
  for_each_index(
      space, "sums of lines", lines, KOKKOS_LAMBDA(std::int64_t l) {
        double sum = 0;
        for (std::int64_t i = l * row; i < (l + 1) * row; ++i) sum += f(i);
        view(l) = sum;
      });
  double total = 0;
  for (const double sum : to_host(space, sums)) total += sum;
  return total;
}

}  // namespace eigenprop
