#pragma once

namespace eigenprop {

/// Lets threads of OpenMP sleep where they wait for each other, unless OMP_WAIT_POLICY or
/// GOMP_SPINCOUNT say otherwise: spinning ones take the cores from those that they wait for where
/// others use the node, too, and gain nothing where nobody does (figures: README.md). OpenMP's
/// library reads its environment when it is loaded, so the program is started again with it, in the
/// same process and before MPI; to be called first. Does nothing where Kokkos has no OpenMP, or
/// OMP_NUM_THREADS is 1. Signals that arrive meanwhile wait.
void wait_passively(char** argv);

}  // namespace eigenprop
