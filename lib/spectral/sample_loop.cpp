#include "spectral/sample_loop.hpp"

#include <Kokkos_Core.hpp>
#include <exception>
#include <mutex>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using HostThreads = Kokkos::DefaultHostExecutionSpace;
using Token = Kokkos::Experimental::UniqueToken<HostThreads>;

}  // namespace

int sample_threads() { return static_cast<int>(Token().size()); }

void for_each_sample(std::int64_t samples, const std::function<void(std::int64_t, int)>& body) {
  const Token token;
  std::mutex mutex;
  std::exception_ptr failure;
  std::int64_t failed = samples;
  // One sample at a time: the work of an eigenvalue algorithm depends on the matrix.
  using Policy = Kokkos::RangePolicy<HostThreads, Kokkos::Schedule<Kokkos::Dynamic>,
                                     Kokkos::IndexType<std::int64_t>>;
  Kokkos::parallel_for("samples", Policy(0, samples, Kokkos::ChunkSize(1)),
                       [&](std::int64_t sample) {
                         const auto thread = token.acquire();
                         try {
                           body(sample, static_cast<int>(thread));
                         } catch (...) {
                           const std::lock_guard<std::mutex> lock(mutex);
                           if (sample < failed) {
                             failed = sample;
                             failure = std::current_exception();
                           }
                         }
                         token.release(thread);
                       });
  HostThreads().fence();
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (...) {
    rethrow_with_prefix("sample " + std::to_string(failed) + ": ", failed);
  }
}

}  // namespace eigenprop
