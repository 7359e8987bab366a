#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/error.hpp"
#include "tensor/execution_space.hpp"

namespace eigenprop {

/// Host threads that for_each_sample runs on at most: those of the default instance.
int sample_threads();

/// Calls body(sample, thread) for sample = 0 .. samples - 1, spread over the threads of `space`,
/// one sample on one thread; `thread` is below sample_threads(), and no two calls of the same
/// thread overlap, so that each may have its own scratch. BLAS and LAPACK are called from these
/// threads and must not start others (OPENBLAS_NUM_THREADS=1).
/// An exception of a sample reaches the caller after the loop, with "sample i: " before its text
/// where i is the first sample that failed.
void for_each_sample(const HostExecutionSpace& space, std::int64_t samples,
                     const std::function<void(std::int64_t, int)>& body);

/// The same by groups of at most `most` samples, spread evenly over the threads: body(first, count,
/// thread). What the body does with one sample stands in of_sample(), so that errors name it.
void for_each_group(const HostExecutionSpace& space, std::int64_t samples, std::int64_t most,
                    const std::function<void(std::int64_t, std::int64_t, int)>& body);

/// Runs `body`; errors get "sample i: " before their text, and the sample.
template <class Body>
void of_sample(std::int64_t sample, Body&& body) {
  try {
    body();
  } catch (...) {
    rethrow_with_prefix("sample " + std::to_string(sample) + ": ", sample);
  }
}

}  // namespace eigenprop
