#include "cuts/graph_spectrum.hpp"

#include <algorithm>
#include <cmath>

#include "cuts/petsc_map.hpp"
#include "cuts/projected_system.hpp"
#include "cuts/slepc_subspace.hpp"
#include "runtime/index.hpp"
#include "runtime/numbers.hpp"

namespace eigenprop {
namespace {

// Residuals of a few times this cannot be told from zero.
constexpr double single_limit = 1e-6;

// Products, and steps of the adjoint, after which single precision makes room for double.
constexpr int single_products = 500;
constexpr int single_steps = 200;

bool use_single(const GraphSpectrumSettings& settings) {
  if (settings.storage != WeightStorage::automatic)
    return settings.storage == WeightStorage::single;
  return settings.tolerance >= single_limit && settings.adjoint_tolerance >= single_limit;
}

}  // namespace

GraphSpectrum::GraphSpectrum(const HostExecutionSpace& space, const AffinityGraph& graph,
                             const GraphSpectrumSettings& settings)
    : space_(space),
      graph_(graph),
      settings_(settings),
      comm_(graph.weights.communicator()),
      grid_(graph.grid()) {
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
  require(total > 0,
          "the affinity graph has no edge: all its weights are zero; raise their widths");
  for (double& c : constant_) c /= std::sqrt(total);
  if (use_single(settings)) {
    make_grids<float>();
  } else {
    make_grids<double>();
  }
}

template <class Weight>
void GraphSpectrum::make_grids() {
  grids_ =
      std::make_unique<GridHierarchy<Weight>>(space_, graph_, settings_.vectors + settings_.guards);
}

// One more, to see the last gap of a window.
int GraphSpectrum::wanted_vectors() const {
  const int wanted = settings_.least_vectors > 0 ? settings_.vectors + 1 : settings_.vectors;
  return static_cast<int>(std::min<std::int64_t>(wanted, grid_.pixels()));
}

Subspace GraphSpectrum::solve(const std::string& eps_type) const {
  SubspaceSettings wanted;
  wanted.wanted = wanted_vectors();
  wanted.block = settings_.vectors + settings_.guards;
  if (settings_.gap_share > 0) wanted.random_guards = (settings_.guards + 3) / 4;
  wanted.goal = {settings_.tolerance, settings_.gap_share, settings_.least_vectors,
                 settings_.vectors};
  wanted.most_products = settings_.most_products;
  if (may_change_storage()) wanted.most_products = std::min(wanted.most_products, single_products);
  return std::visit(
      [&](const auto& grids) {
        if (eps_type.empty()) return filtered_subspace(*grids, wanted);
        SubspaceSettings loose = wanted;
        loose.goal = {std::max(settings_.tolerance, 1e-2)};
        const auto start = filtered_subspace(*grids, loose);
        if (comm_) return slepc_subspace(*grids, wanted, constant_, start.vectors, *comm_);
        return slepc_subspace(*grids, wanted, constant_, start.vectors, Communicator::self());
      },
      grids_);
}

bool GraphSpectrum::may_change_storage() const {
  return single_weights() && settings_.storage == WeightStorage::automatic;
}

bool GraphSpectrum::is_precise(const Subspace& found) const {
  if (!found.converged) return false;
  const auto k = index(chosen_vectors(settings_.least_vectors, settings_.vectors, found.values));
  if (k >= found.values.size()) return true;
  const double gap = found.values[k - 1] - found.values[k];
  return std::abs(1 - found.values[0]) <= 0.1 * settings_.gap_share * gap ||
         settings_.gap_share == 0;
}

GraphEigenvectors GraphSpectrum::eigenvectors() {
  const PetscStage stage("cuts: eigenvectors");
  const auto eps_type = requested_eps_type();
  auto found = solve(eps_type);
  if (may_change_storage() && !is_precise(found)) {
    make_grids<double>();
    found = solve(eps_type);
  }
  const int wanted = wanted_vectors();
  GraphEigenvectors result;
  result.solver = eps_type.empty() ? "filtered subspaces" : "SLEPc's " + eps_type;
  result.basis = found.vectors;
  result.values = found.values;
  result.residuals = found.residuals;
  result.products = found.products;
  if (!found.converged) {
    const auto end =
        result.residuals.begin() +
        std::min<std::int64_t>(wanted, static_cast<std::int64_t>(result.residuals.size()));
    const auto worst = std::max_element(result.residuals.begin(), end);
    // SLEPc tells what it has found; filtered subspaces have a vector for each.
    const auto count = static_cast<int>(result.values.size());
    const std::string missing =
        count < wanted
            ? "eigenvalue " + std::to_string(count + 1) + " was not found to a residual of "
            : "eigenvalue " + std::to_string(worst - result.residuals.begin() + 1) +
                  " has residual " + short_number(*worst) + ", not ";
    throw Error("eigenvectors of the affinity graph did not converge by " + result.solver + ": " +
                std::to_string(std::min(count, wanted)) + " of " + std::to_string(wanted) +
                " after " + std::to_string(result.products) + " iterations, " + missing +
                short_number(found.tolerance) + "; raise " +
                (found.tolerance < settings_.tolerance ? "the share of the gap" : "the tolerance") +
                " or the number of guards, or let SLEPc go on with -cuts_eps_type krylovschur "
                "and -cuts_eps_max_it");
  }
  result.vectors = chosen_vectors(settings_.least_vectors, settings_.vectors, result.values);
  if (index(result.vectors) < result.values.size())
    result.gap = result.values[index(result.vectors - 1)] - result.values[index(result.vectors)];
  return result;
}

void GraphSpectrum::multiply(const VectorBlock<double>& x, const VectorBlock<double>& out) const {
  std::visit(
      [&](const auto& grids) {
        grids->finest().matrix.apply(grids->space(), x.data(), static_cast<const double*>(nullptr),
                                     out.data(), x.columns, StencilTerms<double>());
      },
      grids_);
}

ProjectedSolution GraphSpectrum::solve_projected(const GraphEigenvectors& at,
                                                 const VectorBlock<double>& b) const {
  const PetscStage stage("cuts: adjoint");
  auto settings = settings_;
  if (may_change_storage())
    settings.adjoint_iterations = std::min(settings.adjoint_iterations, single_steps);
  auto solution = std::visit(
      [&](const auto& grids) { return eigenprop::solve_projected(*grids, at, b, settings, comm_); },
      grids_);
  if (!solution.failure.empty() && may_change_storage()) {
    const GridHierarchy<double> grids(space_, graph_, settings_.vectors + settings_.guards);
    solution = eigenprop::solve_projected(grids, at, b, settings_, comm_);
  }
  if (!solution.failure.empty()) throw Error(solution.failure);
  return solution;
}

}  // namespace eigenprop
