#pragma once

#include <cstdint>
#include <functional>

namespace eigenprop {

/// Host threads that for_each_sample runs on.
int sample_threads();

/// Calls body(sample, thread) for sample = 0 .. samples - 1, spread over the host threads, one
/// sample on one thread; `thread` is below sample_threads(), and no two calls of the same thread
/// overlap, so that each may have its own scratch. BLAS and LAPACK are called from these threads
/// and must not start others (OPENBLAS_NUM_THREADS=1).
/// An exception of a sample reaches the caller after the loop, with "sample i: " before its text
/// where i is the first sample that failed.
void for_each_sample(std::int64_t samples, const std::function<void(std::int64_t, int)>& body);

}  // namespace eigenprop
