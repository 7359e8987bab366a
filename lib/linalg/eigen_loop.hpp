#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "linalg/batched_eigen.hpp"
#include "linalg/sample_loop.hpp"
#include "runtime/error.hpp"
#include "tensor/host_access.hpp"

namespace eigenprop {

/// for_each_sample with a symmetric eigen-decomposition in its middle, for which samples come
/// together: begin(sample, thread) leaves a matrix (n, n) in `vectors`, of which
/// symmetric_eigen_batch makes eigenvectors, one a row, and eigenvalues in `values` (n);
/// finish(sample, thread) goes on from there. What begin() leaves in a thread's scratch is gone in
/// finish().
template <class Scalar, class Begin, class Finish>
void for_each_eigen_sample(const HostExecutionSpace& space, int n, std::int64_t samples,
                           const HostOutput<Scalar>& vectors, const HostOutput<Scalar>& values,
                           const Begin& begin, const Finish& finish) {
  const auto most = static_cast<std::int64_t>(eigen_batch<Scalar>(n));
  for_each_group(space, samples, most, [&](std::int64_t first, std::int64_t count, int thread) {
    std::array<Scalar*, largest_eigen_batch> a{};
    std::array<Scalar*, largest_eigen_batch> w{};
    for (std::int64_t i = 0; i < count; ++i) {
      of_sample(first + i, [&] { begin(first + i, thread); });
      a[static_cast<std::size_t>(i)] = vectors.sample(first + i);
      w[static_cast<std::size_t>(i)] = values.sample(first + i);
    }
    try {
      symmetric_eigen_batch(n, static_cast<std::size_t>(count), a.data(), w.data());
    } catch (const Error& error) {
      of_sample(first + error.sample(), [] { throw; });
    }
    for (std::int64_t i = first; i < first + count; ++i) of_sample(i, [&] { finish(i, thread); });
  });
}

}  // namespace eigenprop
