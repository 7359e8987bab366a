#pragma once

#include <functional>
#include <string>

#include "runtime/petsc_handles.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {

/// A stage of PETSc's log (`-log_view`), pushed for as long as the object lives; to those who
/// measure phases, eigensolver.
class PetscStage {
 public:
  explicit PetscStage(const std::string& name);
  ~PetscStage();
  PetscStage(const PetscStage&) = delete;
  PetscStage& operator=(const PetscStage&) = delete;

 private:
  PhaseScope phase_{Phase::eigensolver};
};

/// A linear map y <- f(x) on the own rows of vectors; `length` is their local size.
using VectorMap = std::function<void(const double* x, double* y)>;

/// MatShell (or PC) of a symmetric map. `map` must outlive it. An exception of the map passes
/// through PETSc as an error code; rethrow() of the object that owns the map throws it again.
class PetscMap {
 public:
  PetscMap(VectorMap map) : map_(std::move(map)) {}
  PetscMap(const PetscMap&) = delete;
  PetscMap& operator=(const PetscMap&) = delete;

  /// Collective over `comm`.
  MatHandle matrix(std::int64_t own_rows, MPI_Comm comm);
  void set_preconditioner(PC pc);
  /// Throws what the map threw, if it did.
  void rethrow() const;
  PetscErrorCode apply(Vec x, Vec y) noexcept;

 private:
  VectorMap map_;
  std::exception_ptr error_;
};

/// check_petsc for solves in which `maps` take part: their exceptions come first.
void check_solve(PetscErrorCode code, std::initializer_list<const PetscMap*> maps);

}  // namespace eigenprop
