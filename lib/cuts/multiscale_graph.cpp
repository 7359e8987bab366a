#include "cuts/multiscale_graph.hpp"

#include <algorithm>
#include <cmath>

#include "cuts/petsc_map.hpp"
#include "linalg/lapack.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

// A grid of fewer nodes is solved by LAPACK. Products on a coarse grid at most.
constexpr std::int64_t dense_nodes = 400;
constexpr int coarse_products = 200;

// Sums over 2 x 2 nodes.
std::vector<double> halved_sums(const std::vector<double>& values, const PixelGrid& fine) {
  const PixelGrid coarse = fine.halved();
  std::vector<double> sums(index(coarse.pixels()), 0.0);
  for (std::int64_t i = 0; i < fine.pixels(); ++i)
    sums[index(i / fine.width() / 2 * coarse.width() + i % fine.width() / 2)] += values[index(i)];
  return sums;
}

// The scales as they are on one grid: those that are as fine, and the others.
template <class Weight>
MultiscaleLevel<Weight> make_level(const HostExecutionSpace& space,
                                   const std::vector<CoarseScale>& scales,
                                   const std::vector<double>& weights) {
  std::vector<const AffinityGraph*> finest;
  std::vector<const CoarseScale*> coarser;
  for (const auto& scale : scales) {
    if (scale.halvings == 0) {
      finest.push_back(&scale.graph);
    } else {
      coarser.push_back(&scale);
    }
  }
  return {space, finest, coarser, weights};
}

}  // namespace

template <class Weight>
MultiscaleGraph<Weight>::MultiscaleGraph(const HostExecutionSpace& space,
                                         const AffinityGraph& finest,
                                         const std::vector<CoarseScale>& coarser, int vectors) {
  const PetscStage stage("cuts: grids");
  PixelGrid grid = finest.grid().gathered();
  for (std::size_t s = 0; s < coarser.size(); ++s) {
    const int before = s == 0 ? 0 : coarser[s - 1].halvings;
    require(coarser[s].halvings > before, "the scales of a graph have larger and larger cells");
    for (int h = before; h < coarser[s].halvings; ++h) grid = grid.halved();
    const auto& found = coarser[s].graph.grid();
    require(found.height() == grid.height() && found.width() == grid.width(),
            "a scale of " + std::to_string(found.height()) + " x " + std::to_string(found.width()) +
                " cells, where the grid has " + std::to_string(grid.height()) + " x " +
                std::to_string(grid.width()));
  }
  // Which pixels count in averages.
  const auto counted = [](const AffinityGraph& graph) {
    std::vector<double> weights;
    for (const double d : graph.degrees) weights.push_back(d > 0 ? 1 : 0);
    return weights;
  };
  std::vector<CoarseScale> scales = {{0, finest}};
  scales.insert(scales.end(), coarser.begin(), coarser.end());
  levels_.push_back(make_level<Weight>(space, scales, counted(finest)));
  const bool spread = finest.weights.communicator() != nullptr;
  if (spread) scales[0].graph = gathered(finest);
  auto weights = counted(scales[0].graph);
  require(std::any_of(weights.begin(), weights.end(), [](double w) { return w > 0; }),
          "the affinity graph has no edge: all its weights are zero; raise their widths");
  for (;;) {
    const PixelGrid fine = scales[0].graph.grid();
    const std::int64_t coarse = fine.halved().pixels();
    if (fine.pixels() <= dense_nodes || coarse <= 2 * std::int64_t{vectors} ||
        coarse == fine.pixels()) {
      // LAPACK needs all of it.
      if (spread && levels_.size() == 1)
        levels_.push_back(make_level<Weight>(space, scales, weights));
      break;
    }
    weights = halved_sums(weights, fine);
    for (auto& scale : scales) {
      if (scale.halvings == 0) {
        scale.graph = halved(space, scale.graph);
      } else {
        --scale.halvings;
      }
    }
    levels_.push_back(make_level<Weight>(space, scales, weights));
  }
  require(levels_.back().grid().pixels() <= 4000,
          "an eigenproblem of " + std::to_string(levels_.back().grid().pixels()) +
              " nodes on the coarsest grid; ask for fewer eigenvectors");
}

namespace {

// X <- X Q with XᵀBX = I, given B X in `mass`, which is rotated with it.
void orthonormalize(const HostExecutionSpace& space, const VectorBlock<double>& x,
                    const VectorBlock<double>& mass, const Communicator* comm) {
  const int n = x.columns;
  for (int pass = 0; pass < 2; ++pass) {
    auto gram = gram_matrix(space, x, mass, comm);
    std::vector<double> scale;
    for (int i = 0; i < n; ++i) {
      const double square = gram[index(i * n + i)];
      scale.push_back(square > 0 ? 1 / std::sqrt(square) : 0);
    }
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) gram[index(i * n + j)] *= scale[index(i)] * scale[index(j)];
    }
    std::vector<double> values(index(n)), rotation(gram.size());
    symmetric_eigen(n, gram.data(), values.data());
    if (!(values.front() > 0)) throw Error("vectors to be made orthonormal are dependent");
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j)
        rotation[index(i * n + j)] =
            scale[index(i)] * gram[index(j * n + i)] / std::sqrt(values[index(j)]);
    }
    rotate_block(space, x, rotation);
    rotate_block(space, mass, rotation);
  }
}

// The Ritz pairs of the pencil in the span of the vectors.
template <class Weight>
void ritz_pairs(const MultiscaleLevel<Weight>& level, Subspace& subspace) {
  const auto& space = level.space();
  const auto& x = subspace.vectors;
  const Communicator* comm = level.communicator();
  const int n = x.columns;
  VectorBlock<double> mass(x.rows, n), product(x.rows, n);
  level.multiply_by_mass(x, mass);
  orthonormalize(space, x, mass, comm);
  level.multiply(x, product);
  auto small = gram_matrix(space, x, product, comm);
  std::vector<double> ascending(index(n)), rotation(small.size()), values(small.size(), 0.0);
  symmetric_eigen(n, small.data(), ascending.data());
  subspace.values.assign(ascending.rbegin(), ascending.rend());
  for (int i = 0; i < n; ++i) {
    values[index(i * n + i)] = subspace.values[index(i)];
    for (int j = 0; j < n; ++j) rotation[index(i * n + j)] = small[index((n - 1 - j) * n + i)];
  }
  rotate_block(space, x, rotation);
  rotate_block(space, product, rotation);
  // r = K x − λ B x, and rᵀB⁻¹r.
  level.multiply_by_mass(x, mass);
  multiply_block(space, mass, values, -1, 1, product);
  copy_block(space, product, mass);
  level.solve(mass);
  const auto squares = gram_matrix(space, product, mass, comm);
  subspace.residuals.clear();
  for (int i = 0; i < n; ++i)
    subspace.residuals.push_back(std::sqrt(std::max(0.0, squares[index(i * n + i)])));
}

// X <- T_n(t of B⁻¹K) X / T_n(t of 1), t the place of a value in `low` .. `high`, which is damped.
template <class Weight>
void filter(const MultiscaleLevel<Weight>& level, double high, int degree,
            const VectorBlock<double>& vectors) {
  const auto& space = level.space();
  const double half = (high - level.lowest()) / 2;
  const double centre = (high + level.lowest()) / 2;
  const double sigma1 = half / (1 - centre);
  VectorBlock<Weight> x(vectors.rows, vectors.columns), before(x.rows, x.columns),
      product(x.rows, x.columns);
  copy_block(space, vectors, x);
  double sigma = sigma1;
  for (int k = 1; k <= degree; ++k) {
    level.multiply(x, product);
    level.solve(product);
    const double next = k == 1 ? sigma1 : 1 / (2 / sigma1 - sigma);
    const double scale = (k == 1 ? 1 : 2) * next / half;
    const auto alpha = static_cast<Weight>(scale);
    const auto beta = static_cast<Weight>(-scale * centre);
    const auto gamma = static_cast<Weight>(k == 1 ? 0 : -sigma * next);
    Weight* old = before.data();
    const Weight* current = x.data();
    const Weight* fresh = product.data();
    for_each_index(space, "Chebyshev step", x.rows * std::int64_t{x.ld}, [=](std::int64_t i) {
      old[i] = alpha * fresh[i] + beta * current[i] + gamma * old[i];
    });
    space.fence();
    std::swap(x, before);
    sigma = next;
  }
  copy_block(space, x, vectors);
}

// Degree of the next filter: what the residuals need, as long as the largest component does not
// swamp the last wanted one.
template <class Weight>
int next_degree(const MultiscaleLevel<Weight>& level, const Subspace& subspace, int wanted,
                double worst, double tolerance) {
  const double high = subspace.values.back();
  const auto place = [&](double value) {
    return (2 * value - high - level.lowest()) / (high - level.lowest());
  };
  const double last = place(subspace.values[index(wanted - 1)]);
  const double first = place(subspace.values.front());
  int degree = last > 1 + 1e-12
                   ? static_cast<int>(std::ceil(std::acosh(std::max(1.0, 1.5 * worst / tolerance)) /
                                                std::acosh(last)))
                   : 100;
  const double spread = 1e5;
  while (degree > 8 && std::cosh(degree * std::acosh(first)) >
                           spread * std::cosh(degree * std::acosh(std::max(1.0, last))))
    degree = degree * 3 / 4;
  return std::clamp(degree, 4, 120);
}

// fine <- D_f^(1/2) P D_c^(-1/2) coarse; the coarse grid is on every rank. P is the identity where
// the grids are the same.
template <class Weight>
VectorBlock<double> prolonged(const MultiscaleLevel<Weight>& coarse,
                              const MultiscaleLevel<Weight>& fine,
                              const VectorBlock<double>& from) {
  VectorBlock<double> to(fine.grid().own_pixels(), from.columns);
  const std::int64_t width = fine.grid().width();
  const std::int64_t step = coarse.grid().pixels() == fine.grid().pixels() ? 1 : 2;
  for (std::int64_t i = 0; i < to.rows; ++i) {
    const std::int64_t line = fine.grid().own().first + i / width;
    const std::int64_t source = line / step * coarse.grid().width() + i % width / step;
    const double factor = fine.root()[index(i)] * coarse.inverse_root()[index(source)];
    for (int j = 0; j < from.columns; ++j) to.row(i)[j] = factor * from.row(source)[j];
  }
  return to;
}

// All pairs of the coarsest grid, of which `block` are kept.
template <class Weight>
void solve_coarsest(const MultiscaleLevel<Weight>& level, int block, Subspace& subspace) {
  const std::int64_t n = level.grid().pixels();
  subspace.vectors = VectorBlock<double>(n, static_cast<int>(n));
  for (std::int64_t i = 0; i < n; ++i) subspace.vectors.row(i)[i] = 1;
  ritz_pairs(level, subspace);
  VectorBlock<double> kept(n, block);
  for (std::int64_t i = 0; i < n; ++i) std::copy_n(subspace.vectors.row(i), block, kept.row(i));
  subspace.vectors = kept;
}

}  // namespace

template <class Weight>
Subspace multiscale_subspace(const MultiscaleGraph<Weight>& graph,
                             const SubspaceSettings& settings) {
  const PetscStage stage("cuts: eigenvectors");
  const auto& levels = graph.levels();
  Subspace subspace;
  const int block =
      static_cast<int>(std::min<std::int64_t>(settings.block, levels.back().grid().pixels()));
  const int wanted = std::min(settings.wanted, block);
  solve_coarsest(levels.back(), block, subspace);
  for (std::size_t i = levels.size() - 1; i-- > 0;) {
    const auto& level = levels[i];
    subspace.vectors = prolonged(levels[i + 1], level, subspace.vectors);
    filter(level, 0.5, 6, subspace.vectors);
    ritz_pairs(level, subspace);
    // As filtered_subspace(): what coarse grids do not settle takes many products on the finest.
    const double tolerance =
        i == 0 ? settings.goal.tolerance : std::max(settings.goal.tolerance, 1e-4);
    const int most = i == 0 ? settings.most_products : coarse_products;
    const auto worst = [&] {
      return *std::max_element(subspace.residuals.begin(), subspace.residuals.begin() + wanted);
    };
    int products = 6 + 1;
    while (worst() > tolerance && products < most) {
      const int degree = next_degree(level, subspace, wanted, worst(), tolerance);
      filter(level, subspace.values.back(), degree, subspace.vectors);
      ritz_pairs(level, subspace);
      products += degree + 1;
    }
    subspace.products = products;
    subspace.converged = worst() <= tolerance;
  }
  if (levels.size() == 1) subspace.converged = true;
  return subspace;
}

template class MultiscaleGraph<float>;
template class MultiscaleGraph<double>;
template Subspace multiscale_subspace(const MultiscaleGraph<float>&, const SubspaceSettings&);
template Subspace multiscale_subspace(const MultiscaleGraph<double>&, const SubspaceSettings&);

}  // namespace eigenprop
