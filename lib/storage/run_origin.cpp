#include "storage/run_origin.hpp"

#include <hdf5.h>
#include <mpi.h>
#include <petscversion.h>
#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <ctime>

extern char** environ;

namespace eigenprop {

std::string present_time() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::string run_environment() {
  std::string text;
  for (char** variable = environ; *variable; ++variable) {
    const std::string entry = *variable;
    for (const char* prefix :
         {"OMP_", "SLURM_", "KOKKOS_", "OPENBLAS_", "PETSC_", "CUDA_VISIBLE"}) {
      if (entry.rfind(prefix, 0) == 0) text += entry + "\n";
    }
  }
  char library[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(library, &length);
  text += "MPI library: " + std::string(library, static_cast<std::size_t>(length)) + "\n";
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  text += "HDF5: " + std::to_string(major) + "." + std::to_string(minor) + "." +
          std::to_string(release) + "\n";
  text += "PETSc: " + std::to_string(PETSC_VERSION_MAJOR) + "." +
          std::to_string(PETSC_VERSION_MINOR) + "." + std::to_string(PETSC_VERSION_SUBMINOR) + "\n";
  return text;
}

std::string kokkos_description() {
  return std::string(Kokkos::DefaultExecutionSpace::name()) + " (Kokkos " +
         std::to_string(KOKKOS_VERSION / 10000) + "." + std::to_string(KOKKOS_VERSION / 100 % 100) +
         "." + std::to_string(KOKKOS_VERSION % 100) + ")";
}

}  // namespace eigenprop
