#include "cuts/projected_system.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "cuts/detail/block_conjugate_gradients.hpp"
#include "cuts/petsc_map.hpp"
#include "runtime/index.hpp"
#include "runtime/numbers.hpp"

namespace eigenprop {
namespace {

// Solves whose errors are refined, at most.
constexpr int refinements = 30;

// f(row) for all rows of a block, in parallel.
template <class F>
void for_each_row(const HostExecutionSpace& space, const VectorBlock<double>& block, const F& f) {
  block::for_each_chunk(space, block.rows, [&](std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) f(i);
  });
}

// x <- x − Q (Qᵀ x) for orthonormal columns of Q.
void project_out(const HostExecutionSpace& space, const VectorBlock<double>& q,
                 const VectorBlock<double>& x, const Communicator* comm) {
  multiply_block(space, q, gram_matrix(space, q, x, comm), -1, 1, x);
}

// An approximate inverse of λ_l − M on what is orthogonal to the k eigenvectors: conjugate
// gradients in the precision of the weights. The error is that of single precision over the gap,
// and KSP refines.
template <class Weight>
class ProjectedInverse {
 public:
  ProjectedInverse(const GridHierarchy<Weight>& grids, const GraphEigenvectors& at,
                   const std::vector<double>& shifts, int columns, const Communicator* comm)
      : grids_(grids),
        at_(at),
        comm_(comm),
        columns_(columns),
        shifts_(shifts),
        basis_(at.basis.rows, at.basis.columns) {
    copy_block(space(), at.basis, basis_);
  }

  // To a residual of norm `wanted`, where precision suffices. `steps_left` of the conjugate
  // gradients; what is used is subtracted.
  void apply(const double* from, double* to, double wanted, int& steps_left) const {
    const int k = at_.vectors;
    const auto right = view_as_block(from, at_.basis.rows, k);
    const auto result = view_as_block(to, right.rows, k);
    const VectorBlock<Weight> rest(right.rows, k);
    solve_in_basis(right, result, rest);
    const int width = columns_at_once();
    int used = 0;
    for (int first = 0; first < k; first += width) {
      const Columns columns{first, std::min(width, k - first)};
      const double share = std::sqrt(static_cast<double>(columns.count) / k);
      int left = steps_left;
      solve_columns(columns, rest, result, share * wanted, left);
      used = std::max(used, steps_left - left);
    }
    steps_left -= used;
  }

 private:
  static constexpr int smoothing = 2;
  static constexpr int steps_at_once = 100;
  static constexpr std::int64_t many_pixels = 2000000;
  static constexpr double single_gap = 1e-5;

  // Some of the k columns.
  struct Columns {
    int first, count;
  };

  const HostExecutionSpace& space() const { return grids_.space(); }

  // One block where it is small; of large ones a few columns, which bounds the memory. The same on
  // all ranks.
  int columns_at_once() const {
    if (columns_ > 0) return columns_;
    return grids_.finest().grid().pixels() > many_pixels ? block_lanes : at_.vectors;
  }

  // Where the gap is small, solutions lie along the first guards, and are large: this part in
  // double. rest <- what is left.
  void solve_in_basis(const VectorBlock<const double>& right, const VectorBlock<double>& result,
                      const VectorBlock<Weight>& rest) const {
    const int k = at_.vectors;
    const VectorBlock<double> residual(right.rows, k);
    copy_block(space(), right, residual);
    const auto guards = over_gaps({0, k}, gram_matrix(space(), at_.basis, residual, comm_));
    multiply_block(space(), at_.basis, guards, 1, 0, result);
    StencilTerms<double> terms;
    terms.gamma = 1;
    grids_.finest().matrix.apply(space(), result.data(), residual.data(), residual.data(), k,
                                 terms);
    for_each_row(space(), residual, [&](std::int64_t i) {
      for (int l = 0; l < k; ++l) residual.row(i)[l] -= shifts_[index(l)] * result.row(i)[l];
    });
    copy_block(space(), residual, rest);
  }

  // Adds to these columns of the result the solution for those of `rest`.
  void solve_columns(const Columns& columns, const VectorBlock<Weight>& rest,
                     const VectorBlock<double>& result, double wanted, int& steps_left) const {
    const VectorBlock<Weight> r(rest.rows, columns.count), z(rest.rows, columns.count);
    for_each_row(space(), result, [&](std::int64_t i) {
      std::copy_n(rest.row(i) + columns.first, columns.count, r.row(i));
    });
    std::vector<double> parts;
    const auto done = block::conjugate_gradients(
        space(), [&](const auto& p, const auto& q) { multiply(columns, p, q); },
        [&](const auto& residual) { parts = project(residual); },
        [&](const auto& residual, const auto& direction) {
          precondition(columns, residual, parts, direction);
        },
        r, z, wanted, std::min(steps_left, steps_at_once), comm_);
    if (done.indefinite >= 0) {
      const auto l = index(columns.first + done.indefinite);
      throw Error(
          "the adjoint of the spectral projector met an eigenvalue of the affinity graph "
          "above number " +
          std::to_string(l + 1) + " (" + short_number(at_.values[l]) +
          ") that the eigensolver has missed; raise the number of guards, or lower the "
          "tolerance");
    }
    steps_left -= done.steps;
    for_each_row(space(), result, [&](std::int64_t i) {
      for (int l = 0; l < columns.count; ++l)
        result.row(i)[columns.first + l] += static_cast<double>(z.row(i)[l]);
    });
  }

  // q <- (λ_l − M) p, in the precision of the weights, or where what is left of p would drown in
  // its rounding errors, by sums in double.
  void multiply(const Columns& columns, const VectorBlock<Weight>& p,
                const VectorBlock<Weight>& q) const {
    if (std::is_same_v<Weight, double> || at_.gap > single_gap) {
      shifted_product(columns, p, q);
    } else {
      const VectorBlock<double> from(p.rows, p.columns), to(p.rows, p.columns);
      copy_block(space(), p, from);
      shifted_product(columns, from, to);
      copy_block(space(), to, q);
    }
  }

  template <class X>
  void shifted_product(const Columns& columns, const VectorBlock<X>& p,
                       const VectorBlock<X>& q) const {
    std::vector<X> shifts(index(padded_columns(columns.count)), X(0));
    for (int l = 0; l < columns.count; ++l)
      shifts[index(l)] = static_cast<X>(shifts_[index(columns.first + l)]);
    StencilTerms<X> terms;
    terms.alpha = -1;
    terms.betas = shifts.data();
    grids_.finest().matrix.apply(space(), p.data(), static_cast<const X*>(nullptr), q.data(),
                                 p.columns, terms);
  }

  // Takes the k eigenvectors out of the residuals; returns the parts of the basis in them.
  std::vector<double> project(const VectorBlock<Weight>& r) const {
    auto parts = gram_matrix(space(), basis_, r, comm_);
    const auto end = parts.begin() + std::int64_t{at_.vectors} * r.columns;
    multiply_block(space(), leading_columns(basis_, at_.vectors), {parts.begin(), end}, -1, 1, r);
    return parts;
  }

  // (λ_l − θ_j)⁻¹ times the parts of the guards j, and 0 for those of the k eigenvectors.
  std::vector<double> over_gaps(const Columns& columns, std::vector<double> parts) const {
    for (int j = 0; j < at_.basis.columns; ++j) {
      for (int l = 0; l < columns.count; ++l) {
        const double gap =
            std::max(at_.values[index(columns.first + l)] - at_.values[index(j)], 1e-14);
        parts[index(j * columns.count + l)] *= j < at_.vectors ? 0 : 1 / gap;
      }
    }
    return parts;
  }

  // The V-cycle on what is orthogonal to the basis Q, and in the guards' span the inverse of
  // λ_l − M there: (I − QQᵀ) B (I − QQᵀ) + Q (λ_l − Θ)⁻¹ Qᵀ, positive definite however rough guards
  // are.
  void precondition(const Columns& columns, const VectorBlock<Weight>& r,
                    const std::vector<double>& parts, const VectorBlock<Weight>& z) const {
    const auto rest = VectorBlock<Weight>::uninitialized(r.rows, r.columns);
    Kokkos::deep_copy(space(), rest.view, r.view);
    const auto guards = over_gaps(columns, parts);
    auto of_guards = parts;
    for (std::size_t i = 0; i < guards.size(); ++i) {
      if (guards[i] == 0) of_guards[i] = 0;
    }
    multiply_block(space(), basis_, of_guards, -1, 1, rest);
    grids_.precondition(rest, z, smoothing);
    auto sums = gram_matrix(space(), basis_, z, comm_);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = guards[i] - sums[i];
    multiply_block(space(), basis_, sums, 1, 1, z);
  }

  const GridHierarchy<Weight>& grids_;
  const GraphEigenvectors& at_;
  const Communicator* comm_;
  int columns_;
  std::vector<double> shifts_;
  VectorBlock<Weight> basis_;
};

// A vector whose numbers are those of the block.
VecHandle vector_on(const VectorBlock<double>& block, MPI_Comm comm) {
  VecHandle result;
  check_petsc(VecCreateMPIWithArray(comm, 1, petsc_count(block.rows * block.ld, "rows"),
                                    PETSC_DETERMINE, block.data(), result.address()));
  return result;
}

}  // namespace

template <class Weight>
ProjectedSolution solve_projected(const GridHierarchy<Weight>& grids, const GraphEigenvectors& at,
                                  const VectorBlock<double>& right,
                                  const GraphSpectrumSettings& settings, const Communicator* comm) {
  const auto& space = grids.space();
  const int k = at.vectors;
  const auto u = leading_columns(at.basis, k);
  const std::int64_t rows = u.rows;
  const int ld = right.ld;
  ProjectedSolution result;
  for (int pass = 0; pass < 2; ++pass) project_out(space, u, right, comm);
  double norm = 0;
  for (const double n : column_norms(space, right, comm)) norm += n * n;
  norm = std::sqrt(norm);
  result.z = VectorBlock<double>(rows, k);
  if (norm == 0) return result;

  std::vector<double> shifts(index(ld), 0.0);
  std::copy_n(at.values.begin(), k, shifts.begin());
  const auto shifted = [&](const double* x, const VectorBlock<double>& y) {
    StencilTerms<double> terms;
    terms.alpha = -1;
    terms.betas = shifts.data();
    grids.finest().matrix.apply(space, x, static_cast<const double*>(nullptr), y.data(), k, terms);
    project_out(space, u, y, comm);
  };
  PetscMap system([&](const double* x, double* y) { shifted(x, view_as_block(y, rows, k)); });
  const ProjectedInverse<Weight> inverse(grids, at, shifts, settings.adjoint_columns, comm);
  double wanted = 0;
  int steps_left = settings.adjoint_iterations;
  PetscMap preconditioner(
      [&](const double* x, double* y) { inverse.apply(x, y, wanted, steps_left); });
  const Communicator self = Communicator::self();
  const MPI_Comm mpi = comm ? comm->get() : self.get();
  const auto matrix = system.matrix(rows * ld, mpi);
  KspHandle ksp;
  PC pc = nullptr;
  check_petsc(KSPCreate(mpi, ksp.address()));
  check_petsc(KSPSetOptionsPrefix(ksp.get(), "cuts_adjoint_"));
  check_petsc(KSPSetOperators(ksp.get(), matrix.get(), matrix.get()));
  check_petsc(KSPSetType(ksp.get(), KSPRICHARDSON));
  check_petsc(KSPSetNormType(ksp.get(), KSP_NORM_UNPRECONDITIONED));
  check_petsc(KSPSetTolerances(ksp.get(), settings.adjoint_tolerance, PETSC_DEFAULT, PETSC_DEFAULT,
                               refinements));
  check_petsc(KSPGetPC(ksp.get(), &pc));
  preconditioner.set_preconditioner(pc);
  check_petsc(KSPSetFromOptions(ksp.get()));
  check_petsc(KSPGetTolerances(ksp.get(), &wanted, nullptr, nullptr, nullptr));
  const double tolerance = wanted;
  // A little below what is asked for, so that one solve suffices where single precision does.
  wanted *= 0.8 * norm;
  const auto from = vector_on(right, mpi);
  const auto to = vector_on(result.z, mpi);
  check_solve(KSPSolve(ksp.get(), from.get(), to.get()), {&system, &preconditioner});
  PetscInt iterations = 0;
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  check_petsc(KSPGetIterationNumber(ksp.get(), &iterations));
  check_petsc(KSPGetConvergedReason(ksp.get(), &reason));
  result.iterations = settings.adjoint_iterations - steps_left;
  ksp = {};
  project_out(space, u, result.z, comm);
  const VectorBlock<double> rest(rows, k);
  shifted(result.z.data(), rest);
  for (std::int64_t i = 0; i < rows * ld; ++i) rest.data()[i] -= right.data()[i];
  const auto norms = column_norms(space, rest, comm);
  const auto worst = std::max_element(norms.begin(), norms.end());
  result.residual = *worst / norm;
  if (reason < 0) {
    const auto l = worst - norms.begin();
    result.failure =
        "the adjoint of the spectral projector did not converge: eigenvalue " +
        std::to_string(l + 1) + " (" + short_number(at.values[index(l)]) + ", gap " +
        short_number(at.gap) + ") has residual " + short_number(result.residual) + " after " +
        std::to_string(iterations) + " iterations of KSP, " + std::to_string(result.iterations) +
        " steps in all, not " + short_number(tolerance) +
        "; raise -cuts_adjoint_ksp_max_it or -cuts_adjoint_ksp_rtol, or choose another "
        "number of eigenvectors, where the gap is wider";
  }
  return result;
}

template ProjectedSolution solve_projected(const GridHierarchy<float>&, const GraphEigenvectors&,
                                           const VectorBlock<double>&, const GraphSpectrumSettings&,
                                           const Communicator*);
template ProjectedSolution solve_projected(const GridHierarchy<double>&, const GraphEigenvectors&,
                                           const VectorBlock<double>&, const GraphSpectrumSettings&,
                                           const Communicator*);

}  // namespace eigenprop
