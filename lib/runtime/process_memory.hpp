#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace eigenprop {

/// Highest resident memory of this process so far, in GiB.
inline double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

/// Gives back to the system what the GNU C library keeps of freed memory for later.
inline void return_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/// Resident memory of this process at present, in bytes, without freed memory; 0 where the system
/// has no /proc.
inline double resident_memory() {
  return_free_memory();
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace eigenprop
