#include "cuts/graph_spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cuts/petsc_map.hpp"
#include "cuts/slepc_subspace.hpp"
#include "linalg/row_chunks.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Residuals of a few times this cannot be told from zero.
constexpr double single_limit = 1e-6;

bool use_single(const GraphSpectrumSettings& settings) {
  if (settings.storage != WeightStorage::automatic)
    return settings.storage == WeightStorage::single;
  return settings.tolerance >= single_limit && settings.adjoint_tolerance >= single_limit;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// k: as asked for, or at the widest gap of the window.
int chosen_vectors(const GraphSpectrumSettings& settings, const std::vector<double>& values) {
  const int most = settings.vectors;
  if (settings.least_vectors <= 0) return most;
  int best = most;
  double widest = -1;
  for (int k = settings.least_vectors; k <= most; ++k) {
    if (index(k) >= values.size()) break;
    const double gap = values[index(k - 1)] - values[index(k)];
    // The first of gaps that are equal but for rounding.
    if (gap > widest * (1 + 1e-9)) {
      widest = gap;
      best = k;
    }
  }
  return best;
}

// x <- x − Q (Qᵀ x) for orthonormal columns of Q.
void project_out(const VectorBlock<double>& q, const VectorBlock<double>& x,
                 const Communicator* comm) {
  multiply_block(q, gram_matrix(q, x, comm), -1, 1, x);
}

// The V-cycle on what is orthogonal to the basis, and in the guards' span the exact inverse of
// λ_l − M there.
template <class Weight>
class ProjectedPreconditioner {
 public:
  ProjectedPreconditioner(const GridHierarchy<Weight>& grids, const GraphEigenvectors& at,
                          const Communicator* comm)
      : grids_(grids), at_(at), comm_(comm) {}

  void apply(const double* from, double* to) const {
    const int k = at_.vectors;
    const int n = at_.basis.columns;
    const std::int64_t rows = at_.basis.rows;
    const auto r = view_as_block(to, rows, k);
    std::copy_n(from, rows * r.ld, to);
    const auto parts = gram_matrix(at_.basis, r, comm_);
    multiply_block(at_.basis, parts, -1, 1, r);
    if constexpr (std::is_same_v<Weight, double>) {
      VectorBlock<double> z(rows, k);
      grids_.precondition(r, z, smoothing);
      copy_block(z, r);
    } else {
      VectorBlock<Weight> single(rows, k), z(rows, k);
      copy_block(r, single);
      grids_.precondition(single, z, smoothing);
      copy_block(z, r);
    }
    project_out(at_.basis, r, comm_);
    std::vector<double> guards(parts.size(), 0.0);
    for (int j = k; j < n; ++j) {
      for (int l = 0; l < k; ++l) {
        const double gap = at_.values[index(l)] - at_.values[index(j)];
        guards[index(j * k + l)] = parts[index(j * k + l)] / std::max(gap, 1e-14);
      }
    }
    multiply_block(at_.basis, guards, 1, 1, r);
  }

 private:
  static constexpr int smoothing = 2;
  const GridHierarchy<Weight>& grids_;
  const GraphEigenvectors& at_;
  const Communicator* comm_;
};

}  // namespace

GraphSpectrum::GraphSpectrum(const AffinityGraph& graph, const GraphSpectrumSettings& settings)
    : settings_(settings), comm_(graph.weights.communicator()), grid_(graph.grid()) {
  const PetscStage stage("cuts: grids");
  const std::int64_t pixels = grid_.pixels();
  require(settings.vectors >= 1 && settings.vectors < pixels,
          std::to_string(settings.vectors) + " eigenvectors of a graph of " +
              std::to_string(pixels) + " pixels; ask for 1 to " + std::to_string(pixels - 1));
  require(settings.least_vectors <= settings.vectors,
          "the window of numbers of eigenvectors, " + std::to_string(settings.least_vectors) +
              " to " + std::to_string(settings.vectors) + ", is empty");
  require(settings.guards >= 1 && settings.tolerance > 0 && settings.adjoint_tolerance > 0,
          "eigenvectors need at least one guard, and positive tolerances");
  constant_ = degree_power(graph, 0.5);
  double total = 0;
  for (const double d : graph.degrees) total += d;
  if (comm_) total = comm_->sum(total);
  require(total > 0, "the affinity graph has no edge: all its weights are zero");
  for (double& c : constant_) c /= std::sqrt(total);
  const int block = settings.vectors + settings.guards;
  if (use_single(settings)) {
    grids_ = std::make_unique<GridHierarchy<float>>(graph, block);
  } else {
    grids_ = std::make_unique<GridHierarchy<double>>(graph, block);
  }
}

GraphEigenvectors GraphSpectrum::eigenvectors() const {
  const PetscStage stage("cuts: eigenvectors");
  const auto eps_type = requested_eps_type();
  SubspaceSettings wanted;
  wanted.wanted = settings_.least_vectors > 0 ? settings_.vectors + 1 : settings_.vectors;
  wanted.wanted = static_cast<int>(std::min<std::int64_t>(wanted.wanted, grid_.pixels()));
  wanted.block = settings_.vectors + settings_.guards;
  wanted.tolerance = settings_.tolerance;
  wanted.most_products = settings_.most_products;
  const auto found = std::visit(
      [&](const auto& grids) {
        if (eps_type.empty()) return filtered_subspace(*grids, wanted);
        SubspaceSettings loose = wanted;
        loose.tolerance = std::max(settings_.tolerance, 1e-2);
        const auto start = filtered_subspace(*grids, loose);
        if (comm_) return slepc_subspace(*grids, wanted, constant_, start.vectors, *comm_);
        return slepc_subspace(*grids, wanted, constant_, start.vectors, Communicator::self());
      },
      grids_);
  GraphEigenvectors result;
  result.solver = eps_type.empty() ? "filtered subspaces" : "SLEPc's " + eps_type;
  result.basis = found.vectors;
  result.values = found.values;
  result.residuals = found.residuals;
  result.products = found.products;
  if (!found.converged) {
    const auto end =
        result.residuals.begin() +
        std::min<std::int64_t>(wanted.wanted, static_cast<std::int64_t>(result.residuals.size()));
    const auto worst = std::max_element(result.residuals.begin(), end);
    throw Error("eigenvectors of the affinity graph did not converge by " + result.solver + ": " +
                std::to_string(result.values.size()) + " of " + std::to_string(wanted.wanted) +
                " after " + std::to_string(result.products) + " iterations, eigenvalue " +
                std::to_string(worst - result.residuals.begin() + 1) + " has residual " +
                number(*worst) + ", not " + number(settings_.tolerance) +
                "; raise the number of products, of guards or the tolerance, or with SLEPc "
                "-cuts_eps_max_it");
  }
  result.vectors = chosen_vectors(settings_, result.values);
  if (index(result.vectors) < result.values.size())
    result.gap = result.values[index(result.vectors - 1)] - result.values[index(result.vectors)];
  return result;
}

void GraphSpectrum::multiply(const VectorBlock<double>& x, const VectorBlock<double>& out) const {
  std::visit(
      [&](const auto& grids) {
        grids->finest().matrix.apply(x.data(), static_cast<const double*>(nullptr), out.data(),
                                     x.columns, StencilTerms<double>());
      },
      grids_);
}

ProjectedSolution GraphSpectrum::solve_projected(const GraphEigenvectors& at,
                                                 VectorBlock<double> right) const {
  const PetscStage stage("cuts: adjoint");
  const int k = at.vectors;
  const auto u = leading_columns(at.basis, k);
  const std::int64_t rows = u.rows;
  ProjectedSolution result;
  for (int pass = 0; pass < 2; ++pass) project_out(u, right, comm_);
  double norm = 0;
  for (const double n : column_norms(right, comm_)) norm += n * n;
  norm = std::sqrt(norm);
  if (norm == 0) {
    result.z = VectorBlock<double>(rows, k);
    return result;
  }
  const int ld = right.ld;

  std::vector<double> shifts(index(ld), 0.0);
  std::copy_n(at.values.begin(), k, shifts.begin());
  const auto shifted = [&](const double* x, const VectorBlock<double>& y) {
    StencilTerms<double> terms;
    terms.alpha = -1;
    terms.betas = shifts.data();
    std::visit(
        [&](const auto& grids) {
          grids->finest().matrix.apply(x, static_cast<const double*>(nullptr), y.data(), k, terms);
        },
        grids_);
    project_out(u, y, comm_);
  };
  PetscMap system([&](const double* x, double* y) { shifted(x, view_as_block(y, rows, k)); });
  PetscMap preconditioner([&](const double* x, double* y) {
    std::visit(
        [&](const auto& grids) {
          ProjectedPreconditioner<std::decay_t<decltype(grids->finest().matrix.weights()(0))>>(
              *grids, at, comm_)
              .apply(x, y);
        },
        grids_);
  });
  const Communicator self = Communicator::self();
  const MPI_Comm comm = comm_ ? comm_->get() : self.get();
  const auto matrix = system.matrix(rows * ld, comm);
  KspHandle ksp;
  PC pc = nullptr;
  check_petsc(KSPCreate(comm, ksp.address()));
  check_petsc(KSPSetOptionsPrefix(ksp.get(), "cuts_adjoint_"));
  check_petsc(KSPSetOperators(ksp.get(), matrix.get(), matrix.get()));
  check_petsc(KSPSetType(ksp.get(), KSPCG));
  check_petsc(KSPSetNormType(ksp.get(), KSP_NORM_UNPRECONDITIONED));
  check_petsc(KSPSetTolerances(ksp.get(), settings_.adjoint_tolerance, PETSC_DEFAULT, PETSC_DEFAULT,
                               settings_.adjoint_iterations));
  check_petsc(KSPGetPC(ksp.get(), &pc));
  preconditioner.set_preconditioner(pc);
  check_petsc(KSPSetFromOptions(ksp.get()));
  VecHandle from, to;
  check_petsc(MatCreateVecs(matrix.get(), to.address(), from.address()));
  PetscScalar* values = nullptr;
  check_petsc(VecGetArrayWrite(from.get(), &values));
  std::copy_n(right.data(), rows * ld, values);
  check_petsc(VecRestoreArrayWrite(from.get(), &values));
  right = {};
  check_solve(KSPSolve(ksp.get(), from.get(), to.get()), {&system, &preconditioner});
  PetscInt iterations = 0;
  KSPConvergedReason reason = KSP_CONVERGED_ITERATING;
  check_petsc(KSPGetIterationNumber(ksp.get(), &iterations));
  check_petsc(KSPGetConvergedReason(ksp.get(), &reason));
  result.iterations = static_cast<int>(iterations);
  ksp = {};
  result.z = VectorBlock<double>(rows, k);
  const PetscScalar* solution = nullptr;
  check_petsc(VecGetArrayRead(to.get(), &solution));
  std::copy_n(solution, rows * ld, result.z.data());
  check_petsc(VecRestoreArrayRead(to.get(), &solution));
  to = {};
  project_out(u, result.z, comm_);
  const VectorBlock<double> rest(rows, k);
  shifted(result.z.data(), rest);
  const PetscScalar* wanted = nullptr;
  check_petsc(VecGetArrayRead(from.get(), &wanted));
  for (std::int64_t i = 0; i < rows * ld; ++i) rest.data()[i] -= wanted[i];
  check_petsc(VecRestoreArrayRead(from.get(), &wanted));
  const auto norms = column_norms(rest, comm_);
  const auto worst = std::max_element(norms.begin(), norms.end());
  result.residual = *worst / norm;
  if (reason < 0) {
    const auto l = worst - norms.begin();
    throw Error("the adjoint of the spectral projector did not converge: eigenvalue " +
                std::to_string(l + 1) + " (" + number(at.values[index(l)]) + ", gap " +
                number(at.gap) + ") has residual " + number(result.residual) + " after " +
                std::to_string(iterations) + " iterations, not " +
                number(settings_.adjoint_tolerance) +
                "; raise -cuts_adjoint_ksp_max_it or -cuts_adjoint_ksp_rtol, or choose another "
                "number of eigenvectors, where the gap is wider");
  }
  return result;
}

}  // namespace eigenprop
