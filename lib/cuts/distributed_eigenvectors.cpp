#include "cuts/distributed_eigenvectors.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/petsc_handles.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

// A, with rows divided by the roots of their degrees. PETSc stores dense matrices by columns.
MatHandle scaled_matrix(const FeatureRows& rows, const std::vector<double>& degrees,
                        const Communicator& comm) {
  MatHandle matrix;
  check_petsc(MatCreateDense(comm.get(), petsc_int(rows.rows), PETSC_DECIDE, PETSC_DETERMINE,
                             rows.columns, nullptr, matrix.address()));
  PetscScalar* values = nullptr;
  PetscInt leading = 0;
  check_petsc(MatDenseGetLDA(matrix.get(), &leading));
  check_petsc(MatDenseGetArrayWrite(matrix.get(), &values));
  for (std::int64_t i = 0; i < rows.rows; ++i) {
    const double scale = inverse_root(degrees[index(i)]);
    for (int j = 0; j < rows.columns; ++j)
      values[std::int64_t{j} * leading + i] = scale * rows.data[i * rows.columns + j];
  }
  check_petsc(MatDenseRestoreArrayWrite(matrix.get(), &values));
  check_petsc(MatAssemblyBegin(matrix.get(), MAT_FINAL_ASSEMBLY));
  check_petsc(MatAssemblyEnd(matrix.get(), MAT_FINAL_ASSEMBLY));
  return matrix;
}

RightSingularVectors right_singular_vectors(const FeatureRows& rows,
                                            const std::vector<double>& degrees,
                                            const EigenvectorSettings& settings,
                                            const Communicator& comm) {
  const int d = rows.columns;
  const auto matrix = scaled_matrix(rows, degrees, comm);

  SvdHandle svd;
  check_petsc(SVDCreate(comm.get(), svd.address()));
  check_petsc(SVDSetOperators(svd.get(), matrix.get(), nullptr));
  check_petsc(SVDSetType(svd.get(), SVDCROSS));
  // An explicit transpose would be a second copy of A, and its making a third.
  check_petsc(SVDSetImplicitTranspose(svd.get(), PETSC_TRUE));
  const int wanted = settings.dimensions > 0 ? std::min(settings.dimensions, d) : d;
  check_petsc(SVDSetDimensions(svd.get(), wanted, PETSC_DEFAULT, PETSC_DEFAULT));
  check_petsc(SVDSetWhichSingularTriplets(svd.get(), SVD_LARGEST));
  check_petsc(SVDSetFromOptions(svd.get()));
  check_petsc(SVDSolve(svd.get()));
  PetscInt converged = 0;
  check_petsc(SVDGetConverged(svd.get(), &converged));

  // Only the short right vectors are asked for: SLEPc's left ones would double the memory.
  VecHandle right;
  check_petsc(MatCreateVecs(matrix.get(), right.address(), nullptr));
  PetscInt begin = 0;
  check_petsc(VecGetOwnershipRange(right.get(), &begin, nullptr));
  RightSingularVectors result;
  for (PetscInt k = 0; k < std::min<PetscInt>(wanted, converged); ++k) {
    PetscReal sigma = 0;
    check_petsc(SVDGetSingularTriplet(svd.get(), k, &sigma, nullptr, right.get()));
    if (sigma == 0 || (k > 0 && sigma <= settings.tolerance * std::sqrt(result.eigenvalues[0])))
      break;
    result.eigenvalues.push_back(sigma * sigma);
    std::vector<double> whole(index(d), 0.0);
    PetscInt own = 0;
    const PetscScalar* values = nullptr;
    check_petsc(VecGetLocalSize(right.get(), &own));
    check_petsc(VecGetArrayRead(right.get(), &values));
    std::copy_n(values, own, whole.begin() + begin);
    check_petsc(VecRestoreArrayRead(right.get(), &values));
    comm.sum(whole.data(), d);
    result.vectors.insert(result.vectors.end(), whole.begin(), whole.end());
  }
  require(converged >= wanted || static_cast<PetscInt>(result.eigenvalues.size()) < converged,
          "SLEPc found " + std::to_string(converged) + " of " + std::to_string(wanted) +
              " singular vectors; raise -svd_max_it, or try another -svd_type");
  return result;
}

}  // namespace

LeadingEigenvectors distributed_eigenvectors(const FeatureRows& input, const double* lambda,
                                             const EigenvectorSettings& settings,
                                             const Communicator& comm) {
  const PhaseScope scope(Phase::eigensolver);
  return leading_eigenvectors_by(
      [&](const FeatureRows& rows, const std::vector<double>& degrees) {
        return right_singular_vectors(rows, degrees, settings, comm);
      },
      input, lambda, settings.smallest_degree, comm);
}

}  // namespace eigenprop
