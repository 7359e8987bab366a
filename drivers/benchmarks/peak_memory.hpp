#pragma once

#include <sys/resource.h>

namespace eigenprop {

/// Highest resident memory of this process so far, in GiB.
inline double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

}  // namespace eigenprop
