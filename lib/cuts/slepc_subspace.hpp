#pragma once

#include <string>
#include <vector>

#include "cuts/filtered_subspace.hpp"
#include "runtime/petsc_handles.hpp"

namespace eigenprop {

/// What -cuts_eps_type names; empty where the option is not given.
std::string requested_eps_type();

/// A as PETSc's distributed sparse matrix (MPIAIJ): the reference for products by the stencil.
/// Collective over `comm`.
template <class Weight>
MatHandle assembled_matrix(const StencilMatrix<Weight>& matrix, const Communicator& comm);

/// Leading eigenpairs of M by SLEPc, as the smallest of I − M, under the prefix "cuts_": any solver
/// by -cuts_eps_type, the matrix as MatShell, or assembled with -cuts_mat_type aij. `constant`:
/// the eigenvector of eigenvalue 1, which is deflated. `start`: initial space. Solvers with a
/// preconditioner get the V-cycle of the grids. `products` of the result are SLEPc's iterations.
/// Does not throw where it does not converge. Collective over `comm`.
template <class Weight>
Subspace slepc_subspace(const GridHierarchy<Weight>& grids, const SubspaceSettings& settings,
                        const std::vector<double>& constant, const VectorBlock<double>& start,
                        const Communicator& comm);

}  // namespace eigenprop
