#pragma once

#include "cuts/eigenvectors.hpp"

namespace eigenprop {

/// The result of leading_eigenvectors() for rows that are spread over ranks, through PETSc and
/// SLEPc: PETSc owns A = D^(-1/2) F Λ^(1/2) as a dense matrix of distributed rows, SLEPc finds its
/// leading singular vectors. Any solver by option (`-svd_type cross`, `trlanczos`, `randomized` …);
/// without one, the cross product. Does not square the condition number where the solver does not.
///
/// `rows`: those of this rank, perhaps none. Signs follow leading_eigenvectors(). Memory beside the
/// rows: 8 m (d + r) bytes for A and the result, and what the solver takes. Throws Error where
/// SLEPc fails or finds fewer vectors than settings.dimensions (0: d) asks for. Collective over
/// `comm`.
LeadingEigenvectors distributed_eigenvectors(const FeatureRows& rows, const double* lambda,
                                             const EigenvectorSettings& settings,
                                             const Communicator& comm);

}  // namespace eigenprop
