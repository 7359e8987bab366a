#include "cuts/multiscale_level.hpp"

#include <algorithm>
#include <cmath>

#include "cuts/grid_hierarchy.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Vectors of one column.
VectorBlock<double> as_block(const std::vector<double>& values) {
  VectorBlock<double> result(static_cast<std::int64_t>(values.size()), 1);
  std::copy(values.begin(), values.end(), result.data());
  return result;
}

// Â_s: means over the pixels of a cell by their weights, between unknowns scaled by D^(1/2).
ScaleAverage scaled_average(const HostExecutionSpace& space, const PixelGrid& grid,
                            const CoarseScale& scale, const std::vector<double>& weights,
                            const std::vector<double>& inverse_root, const Communicator* comm) {
  const ScaleAverage sum(grid, scale.halvings, weights, comm);
  const std::vector<double> ones(weights.size(), 1.0);
  const auto totals = sum.gather(space, as_block(ones));
  const auto roots = degree_power(scale.graph, 0.5);
  std::vector<double> factors(weights.size(), 0.0);
  for (std::int64_t i = 0; i < grid.own_pixels(); ++i) {
    const std::int64_t cell = sum.cell(i / grid.width(), i % grid.width());
    const double total = *totals.row(cell);
    if (total > 0)
      factors[index(i)] = roots[index(cell)] * weights[index(i)] / total * inverse_root[index(i)];
  }
  return {grid, scale.halvings, factors, comm};
}

}  // namespace

template <class Weight>
MultiscaleLevel<Weight>::MultiscaleLevel(const HostExecutionSpace& space,
                                         const std::vector<const AffinityGraph*>& finest,
                                         const std::vector<const CoarseScale*>& coarser,
                                         const std::vector<double>& weights)
    : space_(space), grid_(finest.front()->grid()), comm_(finest.front()->weights.communicator()) {
  AffinityGraph joint{StencilMatrix<double>(grid_, {}, comm_), finest.front()->degrees};
  for (std::size_t s = 1; s < finest.size(); ++s) {
    for (std::size_t i = 0; i < joint.degrees.size(); ++i)
      joint.degrees[i] += finest[s]->degrees[i];
  }
  root_ = degree_power(joint, 0.5);
  inverse_root_ = degree_power(joint, -0.5);
  // xᵀWx is at least the lowest eigenvalue of each scale's own M_s times xᵀDx.
  const auto bound = [&](const AffinityGraph& graph) {
    lowest_ = std::min(lowest_, lowest_eigenvalue(space_, normalized<Weight>(space_, graph)));
  };
  for (const auto* graph : finest) {
    bound(*graph);
    finest_.push_back(normalized<Weight>(space_, AffinityGraph{graph->weights, joint.degrees}));
  }
  for (const auto* scale : coarser) {
    bound(scale->graph);
    auto average = scaled_average(space_, grid_, *scale, weights, inverse_root_, comm_);
    // With p = B⁻¹a of the scales so far, B⁻¹ loses p pᵀ / (1 + aᵀp) in each cell.
    const auto p = as_block(average.factors());
    solve(p);
    const auto products = average.gather(space_, p);
    std::vector<double> factors(index(p.rows), 0.0);
    for (std::int64_t i = 0; i < p.rows; ++i) {
      const double product = *products.row(average.cell(i / grid_.width(), i % grid_.width()));
      factors[index(i)] = *p.row(i) / std::sqrt(1 + product);
    }
    coarser_.push_back({normalized<Weight>(space_, scale->graph), average,
                        ScaleAverage(grid_, scale->halvings, factors, comm_)});
  }
}

template <class Weight>
template <class X>
void MultiscaleLevel<Weight>::multiply(const VectorBlock<X>& x, const VectorBlock<X>& out) const {
  StencilTerms<X> terms;
  for (const auto& matrix : finest_) {
    matrix.apply(space_, x.data(), terms.gamma == 0 ? static_cast<const X*>(nullptr) : out.data(),
                 out.data(), x.columns, terms);
    terms.gamma = 1;
  }
  for (const auto& scale : coarser_) {
    const auto z = scale.average.gather(space_, x);
    const VectorBlock<X> product(z.rows, z.columns);
    scale.matrix.apply(space_, z.data(), static_cast<const X*>(nullptr), product.data(), z.columns,
                       StencilTerms<X>());
    scale.average.scatter(space_, product, 1, out);
  }
}

template <class Weight>
template <class X>
void MultiscaleLevel<Weight>::solve(const VectorBlock<X>& x) const {
  std::vector<VectorBlock<X>> parts;
  for (const auto& scale : coarser_) parts.push_back(scale.inverse.gather(space_, x));
  for (std::size_t s = 0; s < parts.size(); ++s)
    coarser_[s].inverse.scatter(space_, parts[s], -1, x);
}

template <class Weight>
void MultiscaleLevel<Weight>::multiply_by_mass(const VectorBlock<double>& x,
                                               const VectorBlock<double>& out) const {
  copy_block(space_, x, out);
  for (const auto& scale : coarser_)
    scale.average.scatter(space_, scale.average.gather(space_, x), 1, out);
}

template class MultiscaleLevel<float>;
template class MultiscaleLevel<double>;
template void MultiscaleLevel<float>::multiply(const VectorBlock<float>&,
                                               const VectorBlock<float>&) const;
template void MultiscaleLevel<float>::multiply(const VectorBlock<double>&,
                                               const VectorBlock<double>&) const;
template void MultiscaleLevel<double>::multiply(const VectorBlock<double>&,
                                                const VectorBlock<double>&) const;
template void MultiscaleLevel<float>::solve(const VectorBlock<float>&) const;
template void MultiscaleLevel<float>::solve(const VectorBlock<double>&) const;
template void MultiscaleLevel<double>::solve(const VectorBlock<double>&) const;

}  // namespace eigenprop
