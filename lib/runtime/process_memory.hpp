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

/// Resident memory of this process at present, in bytes, without what the GNU C library keeps for
/// later; 0 where the system has no /proc.
inline double resident_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  std::ifstream file("/proc/self/statm");
  double all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace eigenprop
