#pragma once

#include <string>

namespace eigenprop {

// Where and with what a result was made, for the files that hold it.

/// Coordinated universal time, ISO 8601: "2026-01-31T12:00:00Z".
std::string present_time();

/// Of the machine that this process runs on.
std::string host_name();

/// Execution space and version of Kokkos.
std::string kokkos_description();

/// Variables that change what a run does, and versions of MPI, HDF5 and PETSc, one a line.
std::string run_environment();

}  // namespace eigenprop
