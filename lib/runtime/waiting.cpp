#include "runtime/waiting.hpp"

#include <unistd.h>

#include <Kokkos_Macros.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace eigenprop {
namespace {

void change_mask(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(how, &signals, nullptr);
}

bool is_set(const char* variable) { return std::getenv(variable) != nullptr; }

}  // namespace

void wait_passively(char** argv) {
#ifdef KOKKOS_ENABLE_OPENMP
  const char* threads = std::getenv("OMP_NUM_THREADS");
  const bool alone = threads && std::strcmp(threads, "1") == 0;
  if (!alone && !is_set("OMP_WAIT_POLICY") && !is_set("GOMP_SPINCOUNT")) {
    setenv("OMP_WAIT_POLICY", "passive", 1);
    // Handlers do not outlive execv(), a blocked signal does.
    change_mask(SIG_BLOCK);
    execv("/proc/self/exe", argv);
    // Where that is not possible, threads spin.
  }
#endif
  change_mask(SIG_UNBLOCK);
}

}  // namespace eigenprop
