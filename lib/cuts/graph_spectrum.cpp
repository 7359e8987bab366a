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

bool use_single(const GraphSpectrumSettings& settings) {
  if (settings.storage != WeightStorage::automatic)
    return settings.storage == WeightStorage::single;
  return settings.tolerance >= single_limit && settings.adjoint_tolerance >= single_limit;
}

}  // namespace

GraphSpectrum::GraphSpectrum(const HostExecutionSpace& space, const AffinityGraph& graph,
                             const GraphSpectrumSettings& settings)
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
    grids_ = std::make_unique<GridHierarchy<float>>(space, graph, block);
  } else {
    grids_ = std::make_unique<GridHierarchy<double>>(space, graph, block);
  }
}

GraphEigenvectors GraphSpectrum::eigenvectors() const {
  const PetscStage stage("cuts: eigenvectors");
  const auto eps_type = requested_eps_type();
  SubspaceSettings wanted;
  wanted.wanted = settings_.least_vectors > 0 ? settings_.vectors + 1 : settings_.vectors;
  wanted.wanted = static_cast<int>(std::min<std::int64_t>(wanted.wanted, grid_.pixels()));
  wanted.block = settings_.vectors + settings_.guards;
  if (settings_.gap_share > 0) wanted.random_guards = (settings_.guards + 3) / 4;
  wanted.goal = {settings_.tolerance, settings_.gap_share, settings_.least_vectors,
                 settings_.vectors};
  wanted.most_products = settings_.most_products;
  const auto found = std::visit(
      [&](const auto& grids) {
        if (eps_type.empty()) return filtered_subspace(*grids, wanted);
        SubspaceSettings loose = wanted;
        loose.goal = {std::max(settings_.tolerance, 1e-2)};
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
    // SLEPc tells what it has found; filtered subspaces have a vector for each.
    const auto count = static_cast<int>(result.values.size());
    const std::string missing =
        count < wanted.wanted
            ? "eigenvalue " + std::to_string(count + 1) + " was not found to a residual of "
            : "eigenvalue " + std::to_string(worst - result.residuals.begin() + 1) +
                  " has residual " + short_number(*worst) + ", not ";
    throw Error("eigenvectors of the affinity graph did not converge by " + result.solver + ": " +
                std::to_string(std::min(count, wanted.wanted)) + " of " +
                std::to_string(wanted.wanted) + " after " + std::to_string(result.products) +
                " iterations, " + missing + short_number(found.tolerance) + "; raise " +
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
                                                 VectorBlock<double> b) const {
  const PetscStage stage("cuts: adjoint");
  return std::visit(
      [&](const auto& grids) {
        return eigenprop::solve_projected(*grids, at, std::move(b), settings_, comm_);
      },
      grids_);
}

}  // namespace eigenprop
