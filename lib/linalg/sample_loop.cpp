#include "linalg/sample_loop.hpp"

#include <algorithm>
#include <exception>
#include <mutex>

namespace eigenprop {
namespace {

using Token = Kokkos::Experimental::UniqueToken<HostExecutionSpace>;

}  // namespace

int sample_threads() { return static_cast<int>(Token().size()); }

void for_each_sample(const HostExecutionSpace& space, std::int64_t samples,
                     const std::function<void(std::int64_t, int)>& body) {
  for_each_group(space, samples, 1, [&](std::int64_t sample, std::int64_t /*one*/, int thread) {
    of_sample(sample, [&] { body(sample, thread); });
  });
}

void for_each_group(const HostExecutionSpace& space, std::int64_t samples, std::int64_t most,
                    const std::function<void(std::int64_t, std::int64_t, int)>& body) {
  const Token token(space);
  std::mutex mutex;
  std::exception_ptr failure;
  // No thread without work where there are samples enough.
  const std::int64_t groups = std::min(
      samples, std::max((samples + most - 1) / most, static_cast<std::int64_t>(sample_threads())));
  std::int64_t failed = groups;
  // One group at a time: the work of an eigenvalue algorithm depends on the matrix.
  using Policy = Kokkos::RangePolicy<HostExecutionSpace, Kokkos::Schedule<Kokkos::Dynamic>,
                                     Kokkos::IndexType<std::int64_t>>;
  Kokkos::parallel_for("samples", Policy(space, 0, groups).set_chunk_size(1),
                       [&](std::int64_t group) {
                         const auto thread = token.acquire();
                         try {
                           const std::int64_t first = group * samples / groups;
                           const std::int64_t end = (group + 1) * samples / groups;
                           body(first, end - first, static_cast<int>(thread));
                         } catch (...) {
                           const std::lock_guard<std::mutex> lock(mutex);
                           if (group < failed) {
                             failed = group;
                             failure = std::current_exception();
                           }
                         }
                         token.release(thread);
                       });
  space.fence();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace eigenprop
