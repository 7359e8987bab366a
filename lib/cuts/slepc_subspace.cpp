#include "cuts/slepc_subspace.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "cuts/petsc_map.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

using EPSCreator = PetscErrorCode (*)(EPS);

std::string option(const char* name) {
  std::array<char, 128> text{};
  PetscBool found = PETSC_FALSE;
  check_petsc(PetscOptionsGetString(nullptr, "cuts_", name, text.data(), text.size(), &found));
  return found ? text.data() : "";
}

VecHandle vector_of(Mat matrix, const double* values, std::int64_t stride) {
  VecHandle result;
  check_petsc(MatCreateVecs(matrix, result.address(), nullptr));
  PetscScalar* to = nullptr;
  PetscInt own = 0;
  check_petsc(VecGetLocalSize(result.get(), &own));
  check_petsc(VecGetArrayWrite(result.get(), &to));
  for (PetscInt i = 0; i < own; ++i) to[i] = values[i * stride];
  check_petsc(VecRestoreArrayWrite(result.get(), &to));
  return result;
}

void set_column(const VectorBlock<double>& block, int column, Vec from) {
  const PetscScalar* values = nullptr;
  check_petsc(VecGetArrayRead(from, &values));
  for (std::int64_t i = 0; i < block.rows; ++i) block.row(i)[column] = values[i];
  check_petsc(VecRestoreArrayRead(from, &values));
}

}  // namespace

std::string requested_eps_type() {
  auto type = option("-eps_type");
  if (type.empty()) return type;
  check_petsc(EPSInitializePackage());
  EPSCreator known = nullptr;
  check_petsc(PetscFunctionListFind(EPSList, type.c_str(), &known));
  require(known != nullptr, "option -cuts_eps_type: this SLEPc has no eigensolver '" + type +
                                "'; krylovschur and lobpcg are two that it has");
  return type;
}

template <class Weight>
MatHandle assembled_matrix(const StencilMatrix<Weight>& matrix, const Communicator& comm) {
  const auto& grid = matrix.grid();
  const PetscInt own = petsc_count(grid.own_pixels(), "pixels");
  const auto entries =
      petsc_count(2 * static_cast<std::int64_t>(matrix.offsets().size()) + 1, "entries of a row");
  MatHandle result;
  check_petsc(MatCreateAIJ(comm.get(), own, own, PETSC_DETERMINE, PETSC_DETERMINE, entries, nullptr,
                           entries, nullptr, result.address()));
  // Weights that reach from the lines above into the own ones are set by the owner of those.
  check_petsc(MatSetOption(result.get(), MAT_NEW_NONZERO_ALLOCATION_ERR, PETSC_FALSE));
  const auto set = [&](std::int64_t i, std::int64_t j, double value) {
    const auto row = static_cast<PetscInt>(i);
    const auto column = static_cast<PetscInt>(j);
    check_petsc(MatSetValue(result.get(), row, column, value, INSERT_VALUES));
  };
  const std::int64_t width = grid.width();
  for (std::int64_t l = 0; l < grid.own().count; ++l) {
    for (std::int64_t c = 0; c < width; ++c) {
      const std::int64_t i = grid.first_pixel() + l * width + c;
      const auto diagonal = static_cast<double>(matrix.diagonal()[index(l * width + c)]);
      set(i, i, diagonal);
      for (std::size_t o = 0; o < matrix.offsets().size(); ++o) {
        const auto& offset = matrix.offsets()[o];
        const std::int64_t line = grid.own().first + l;
        if (line + offset.down < grid.height() && c + offset.right >= 0 && c + offset.right < width)
          set(i, i + offset.down * width + offset.right,
              static_cast<double>(matrix.weights()[index(matrix.at(l, o, c))]));
        if (line - offset.down >= 0 && c - offset.right >= 0 && c - offset.right < width)
          set(i, i - offset.down * width - offset.right,
              static_cast<double>(
                  matrix.weights()[index(matrix.at(l - offset.down, o, c - offset.right))]));
      }
    }
  }
  check_petsc(MatAssemblyBegin(result.get(), MAT_FINAL_ASSEMBLY));
  check_petsc(MatAssemblyEnd(result.get(), MAT_FINAL_ASSEMBLY));
  check_petsc(MatSetOption(result.get(), MAT_SYMMETRIC, PETSC_TRUE));
  return result;
}

template <class Weight>
Subspace slepc_subspace(const GridHierarchy<Weight>& grids, const SubspaceSettings& settings,
                        const std::vector<double>& constant, const VectorBlock<double>& start,
                        const Communicator& comm) {
  const auto& m = grids.finest().matrix;
  const std::int64_t rows = m.grid().own_pixels();
  PetscMap laplacian([&](const double* x, double* y) {
    StencilTerms<double> terms;
    terms.alpha = -1;
    terms.beta = 1;
    m.apply(grids.space(), x, static_cast<const double*>(nullptr), y, 1, terms);
  });
  PetscMap cycle([&](const double* r, double* z) {
    VectorBlock<Weight> from(rows, 1), to(rows, 1);
    for (std::int64_t i = 0; i < rows; ++i) *from.row(i) = static_cast<Weight>(r[i]);
    grids.precondition(from, to, 2);
    for (std::int64_t i = 0; i < rows; ++i) z[i] = static_cast<double>(*to.row(i));
  });
  MatHandle matrix;
  if (option("-mat_type") == "aij") {
    matrix = assembled_matrix(m, comm);
    check_petsc(MatScale(matrix.get(), -1));
    check_petsc(MatShift(matrix.get(), 1));
  } else {
    matrix = laplacian.matrix(rows, comm.get());
  }

  EpsHandle eps;
  check_petsc(EPSCreate(comm.get(), eps.address()));
  check_petsc(EPSSetOptionsPrefix(eps.get(), "cuts_"));
  check_petsc(EPSSetOperators(eps.get(), matrix.get(), nullptr));
  check_petsc(EPSSetProblemType(eps.get(), EPS_HEP));
  check_petsc(EPSSetWhichEigenpairs(eps.get(), EPS_SMALLEST_REAL));
  check_petsc(EPSSetConvergenceTest(eps.get(), EPS_CONV_ABS));
  check_petsc(EPSSetTolerances(eps.get(), settings.goal.tolerance, PETSC_DEFAULT));
  // One more than is wanted, to see the gap, less the constant vector.
  const std::int64_t others = std::min<std::int64_t>(settings.wanted, m.grid().pixels() - 1);
  check_petsc(EPSSetDimensions(eps.get(), std::max<PetscInt>(petsc_count(others, "pairs"), 1),
                               PETSC_DEFAULT, PETSC_DEFAULT));
  const auto known = vector_of(matrix.get(), constant.data(), 1);
  Vec deflated[] = {known.get()};
  check_petsc(EPSSetDeflationSpace(eps.get(), 1, deflated));
  std::vector<VecHandle> space;
  std::vector<Vec> initial;
  // Not more than are asked for: SLEPc's bases may have no room for the guards.
  for (int j = 1; j < start.columns && j <= others; ++j) {
    space.push_back(vector_of(matrix.get(), start.data() + j, start.ld));
    initial.push_back(space.back().get());
  }
  if (!initial.empty())
    check_petsc(
        EPSSetInitialSpace(eps.get(), static_cast<PetscInt>(initial.size()), initial.data()));
  check_petsc(EPSSetFromOptions(eps.get()));
  ST st = nullptr;
  check_petsc(EPSGetST(eps.get(), &st));
  PetscBool preconditions = PETSC_FALSE;
  check_petsc(PetscObjectTypeCompare(reinterpret_cast<PetscObject>(st), STPRECOND, &preconditions));
  if (preconditions && option("-st_pc_type").empty()) {
    KSP ksp = nullptr;
    PC pc = nullptr;
    check_petsc(STGetKSP(st, &ksp));
    check_petsc(KSPGetPC(ksp, &pc));
    cycle.set_preconditioner(pc);
  }
  check_solve(EPSSolve(eps.get()), {&laplacian, &cycle});

  PetscInt found = 0;
  PetscInt iterations = 0;
  check_petsc(EPSGetConverged(eps.get(), &found));
  check_petsc(EPSGetIterationNumber(eps.get(), &iterations));
  Subspace result;
  result.products = static_cast<int>(iterations);
  result.tolerance = settings.goal.tolerance;
  result.converged = found + 1 >= settings.wanted;
  result.vectors = VectorBlock<double>(rows, static_cast<int>(found) + 1);
  set_column(result.vectors, 0, known.get());
  VecHandle vector;
  check_petsc(MatCreateVecs(matrix.get(), vector.address(), nullptr));
  for (PetscInt j = 0; j < found; ++j) {
    check_petsc(EPSGetEigenvector(eps.get(), j, vector.get(), nullptr));
    set_column(result.vectors, static_cast<int>(j) + 1, vector.get());
  }
  rayleigh_ritz(grids.space(), m, result);
  return result;
}

template MatHandle assembled_matrix(const StencilMatrix<float>&, const Communicator&);
template MatHandle assembled_matrix(const StencilMatrix<double>&, const Communicator&);
template Subspace slepc_subspace(const GridHierarchy<float>&, const SubspaceSettings&,
                                 const std::vector<double>&, const VectorBlock<double>&,
                                 const Communicator&);
template Subspace slepc_subspace(const GridHierarchy<double>&, const SubspaceSettings&,
                                 const std::vector<double>&, const VectorBlock<double>&,
                                 const Communicator&);

}  // namespace eigenprop
