#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cuts/filtered_subspace.hpp"
#include "cuts/grid_hierarchy.hpp"

namespace eigenprop {

/// In which precision weights of M are stored for products. Sums over float weights are taken in
/// double; the change of M is 6e-8 of its norm, but has no direction in common with eigenvectors,
/// and is seen in λ_1, which is 1 without it. automatic: single from tolerances of 1e-6 on; double
/// where a solver does not converge with it, or λ_1 is off by more than a tenth of what `gap_share`
/// allows.
enum class WeightStorage { automatic, single, full };

struct GraphSpectrumSettings {
  int vectors = 16;         ///< k, counting the constant one
  int least_vectors = 0;    ///< where positive: k is chosen at the widest gap of least_vectors ..
                            ///< vectors
  int guards = 16;          ///< vectors beyond, which show the gap and speed up the iterations
  double tolerance = 1e-4;  ///< of ‖M u − λ u‖ of the k vectors
  double gap_share = 0;  ///< where positive, also this share of the gap λ_k − λ_(k+1), the error
                         ///< of the span, and random vectors look for eigenvectors that coarse
                         ///< grids do not see; SLEPc's solvers know the tolerance alone
  int most_products = 4000;  ///< of M with a block; PETSc's options rule the solvers they name
  double adjoint_tolerance = 1e-3;  ///< of the adjoint solves, relative; option
                                    ///< -cuts_adjoint_ksp_rtol
  int adjoint_iterations = 500;     ///< steps of conjugate gradients of an adjoint solve, in all
  int adjoint_columns = 0;          ///< solved at once; 0: all, of more than two million pixels 8
  WeightStorage storage = WeightStorage::automatic;
};

/// Leading eigenpairs of M.
struct GraphEigenvectors {
  int vectors = 0;                ///< k
  VectorBlock<double> basis;      ///< k eigenvectors, then the guards; orthonormal
  std::vector<double> values;     ///< of the basis, descending; those of guards are estimates
  std::vector<double> residuals;  ///< ‖M u − λ u‖
  double gap = 0;                 ///< λ_k − λ_(k+1); 0 where there is no further vector
  int products = 0;               ///< of M with a block, or by SLEPc its iterations
  std::string solver;             ///< "filtered subspaces", or SLEPc's name
};

/// For `--help` of drivers: how options of PETSc and SLEPc reach the solvers of graphs.
constexpr const char* graph_solver_help =
    "Solvers of affinity graphs take options of SLEPc and PETSc: -cuts_eps_type krylovschur (any\n"
    "type; then SLEPc finds the eigenvectors), -cuts_eps_max_it, -cuts_mat_type aij;\n"
    "-cuts_adjoint_ksp_rtol, -cuts_adjoint_ksp_max_it, -cuts_adjoint_ksp_monitor for gradients.\n"
    "-log_view prints the stages \"cuts: grids\", \"cuts: eigenvectors\" and \"cuts: adjoint\".";

/// Solution of the projected systems of the derivative maps.
struct ProjectedSolution {
  VectorBlock<double> z;
  int iterations = 0;   ///< of the conjugate gradients
  double residual = 0;  ///< largest of a column, relative to the norm of all right-hand sides
  std::string failure;  ///< why it has not converged; empty where it has
};

/// M of an affinity graph on all grids, its leading eigenvectors, and the linear systems that
/// differentiate them: deflation, coarse grids, projected conjugate
/// gradients.
///
/// Eigenvectors come from filtered_subspace() (benchmark_graph_cuts). With -cuts_eps_type, SLEPc
/// solves instead, by any of its solvers: it is given the constant vector as deflation space, the
/// filtered subspace of a loose tolerance as initial space, and the V-cycle over the coarser grids
/// as preconditioner; -cuts_mat_type aij makes the matrix MPIAIJ.
class GraphSpectrum {
 public:
  /// All loops run on `space`. Throws InputError for k out of range or a
  /// graph without edges. Collective over the graph's communicator.
  GraphSpectrum(const HostExecutionSpace& space, const AffinityGraph& graph,
                const GraphSpectrumSettings& settings);

  /// Throws Error that names eigenvalue, iterations and residual where a solver does not converge.
  /// Collective.
  GraphEigenvectors eigenvectors();

  /// out <- M x for blocks of own pixels.
  void multiply(const VectorBlock<double>& x, const VectorBlock<double>& out) const;

  /// z_l with (λ_l I − M) z_l = (I − P) b_l and P z_l = 0 for the k eigenvectors; b becomes
  /// (I − P) b. By KSP: one system of all l, which iterative refinement (Richardson's method)
  /// solves in double; its inner solver are conjugate gradients in the precision of the weights,
  /// preconditioned by the V-cycle and, in the span of the guards, by their eigenvalues. Options
  /// -cuts_adjoint_ksp_...; throws Error that names eigenvalue, iterations and residual where it
  /// does not converge, or says that an eigenvector was missed. Collective.
  ProjectedSolution solve_projected(const GraphEigenvectors& at,
                                    const VectorBlock<double>& b) const;

  const Communicator* communicator() const { return comm_; }
  bool single_weights() const { return std::holds_alternative<Single>(grids_); }

 private:
  using Single = std::unique_ptr<GridHierarchy<float>>;
  using Full = std::unique_ptr<GridHierarchy<double>>;

  template <class Weight>
  void make_grids();
  Subspace solve(const std::string& eps_type) const;
  int wanted_vectors() const;
  bool may_change_storage() const;
  bool is_precise(const Subspace& found) const;

  HostExecutionSpace space_;
  AffinityGraph graph_;  ///< shares its weights with the one that was given
  GraphSpectrumSettings settings_;
  const Communicator* comm_;
  PixelGrid grid_;
  std::vector<double> constant_;  ///< D^(1/2) 1, of length 1
  std::variant<Single, Full> grids_;
};

}  // namespace eigenprop
