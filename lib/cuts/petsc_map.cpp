#include "cuts/petsc_map.hpp"

#include <exception>

#include "cuts/pixel_grid.hpp"

namespace eigenprop {
namespace {

PetscErrorCode multiply(Mat matrix, Vec x, Vec y) {
  PetscMap* map = nullptr;
  const auto code = MatShellGetContext(matrix, &map);
  return code ? code : map->apply(x, y);
}

PetscErrorCode precondition(PC pc, Vec x, Vec y) {
  PetscMap* map = nullptr;
  const auto code = PCShellGetContext(pc, &map);
  return code ? code : map->apply(x, y);
}

}  // namespace

PetscStage::PetscStage(const std::string& name) {
  PetscLogStage stage = -1;
  check_petsc(PetscLogStageGetId(name.c_str(), &stage));
  if (stage < 0) check_petsc(PetscLogStageRegister(name.c_str(), &stage));
  check_petsc(PetscLogStagePush(stage));
}

PetscStage::~PetscStage() { PetscLogStagePop(); }

MatHandle PetscMap::matrix(std::int64_t own_rows, MPI_Comm comm) {
  const PetscInt rows = petsc_count(own_rows, "rows");
  MatHandle result;
  check_petsc(
      MatCreateShell(comm, rows, rows, PETSC_DETERMINE, PETSC_DETERMINE, this, result.address()));
  check_petsc(
      MatShellSetOperation(result.get(), MATOP_MULT, reinterpret_cast<void (*)()>(multiply)));
  check_petsc(MatSetOption(result.get(), MAT_SYMMETRIC, PETSC_TRUE));
  return result;
}

void PetscMap::set_preconditioner(PC pc) {
  check_petsc(PCSetType(pc, PCSHELL));
  check_petsc(PCShellSetContext(pc, this));
  check_petsc(PCShellSetApply(pc, precondition));
}

void PetscMap::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

PetscErrorCode PetscMap::apply(Vec x, Vec y) noexcept {
  const PetscScalar* from = nullptr;
  PetscScalar* to = nullptr;
  try {
    check_petsc(VecGetArrayRead(x, &from));
    check_petsc(VecGetArrayWrite(y, &to));
    map_(from, to);
    check_petsc(VecRestoreArrayRead(x, &from));
    check_petsc(VecRestoreArrayWrite(y, &to));
  } catch (...) {
    // C code stands between here and who asked for the solve.
    error_ = std::current_exception();
    return PETSC_ERR_LIB;
  }
  return 0;
}

void check_solve(PetscErrorCode code, std::initializer_list<const PetscMap*> maps) {
  for (const auto* map : maps) map->rethrow();
  check_petsc(code);
}

}  // namespace eigenprop
