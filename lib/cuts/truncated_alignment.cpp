#include "cuts/truncated_alignment.hpp"

#include <algorithm>
#include <cmath>

#include "linalg/row_chunks.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// f(pixel, segment among all, 1 / mass) for all annotators' segments of own pixels with a mass.
template <class F>
void for_each_segment(const TruncatedAlignment& alignment, const Segmentations& segmentations,
                      std::int64_t pixel, const F& f) {
  for (int a = 0; a < segmentations.annotators(); ++a) {
    const std::int64_t s =
        segmentations.offset(a) + segmentations.labels[a * segmentations.rows + pixel];
    const double mass = alignment.masses[index(s)];
    if (mass > 0) f(s, 1 / mass);
  }
}

// Rows of a block over own lines and those below that edges reach.
class LinesBelow {
 public:
  LinesBelow(const StencilMatrix<double>& weights, const VectorBlock<double>& block)
      : block_(block), below_(weights.reach_down() * weights.grid().width(), block.columns) {
    LineHalo halo(weights.grid(), 0, weights.reach_down(), weights.communicator());
    halo.start(block.data(), below_.data(), below_.data(), weights.grid().width() * block.ld);
    halo.finish();
  }
  const double* row(std::int64_t pixel) const {
    return pixel < block_.rows ? block_.row(pixel) : below_.row(pixel - block_.rows);
  }

 private:
  const VectorBlock<double>& block_;
  VectorBlock<double> below_;
};

VectorBlock<double> column(const std::vector<double>& values) {
  VectorBlock<double> block(static_cast<std::int64_t>(values.size()), 1);
  std::copy(values.begin(), values.end(), block.data());
  return block;
}

}  // namespace

TruncatedAlignment truncated_alignment(const VectorBlock<double>& u,
                                       const std::vector<double>& degrees,
                                       const Segmentations& segmentations,
                                       const Communicator* comm) {
  TruncatedAlignment result;
  const int k = result.vectors = u.columns;
  const std::int64_t total = segmentations.total();
  auto sums = RowChunks(u.rows).sum(
      total * (k + 1), [&](std::int64_t first, std::int64_t end, double* out) {
        double* masses = out + total * k;
        for (int a = 0; a < segmentations.annotators(); ++a) {
          const std::int32_t* labels = segmentations.labels + a * segmentations.rows;
          for (std::int64_t i = first; i < end; ++i) {
            const std::int64_t s = segmentations.offset(a) + labels[i];
            const double root = std::sqrt(degrees[index(i)]);
            masses[s] += degrees[index(i)];
            for (int l = 0; l < k; ++l) out[s * k + l] += root * u.row(i)[l];
          }
        }
      });
  if (comm) comm->sum(sums.data(), static_cast<std::int64_t>(sums.size()));
  result.sums.assign(sums.begin(), sums.begin() + total * k);
  result.masses.assign(sums.begin() + total * k, sums.end());
  double captured = 0;
  for (std::int64_t s = 0; s < total; ++s) {
    const double mass = result.masses[index(s)];
    if (!(mass > 0)) continue;
    ++result.segments;
    for (int l = 0; l < k; ++l) {
      const double t = result.sums[index(s * k + l)];
      captured += t * t / mass;
    }
  }
  const double annotators = segmentations.annotators();
  result.value = (k + result.segments / annotators) / 2 - captured / annotators;
  return result;
}

VectorBlock<double> alignment_right_sides(const TruncatedAlignment& alignment,
                                          const std::vector<double>& degrees,
                                          const Segmentations& segmentations) {
  const int k = alignment.vectors;
  VectorBlock<double> result(segmentations.rows, k);
  RowChunks(result.rows).for_each([&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      const double root = std::sqrt(degrees[index(i)]) / segmentations.annotators();
      for_each_segment(alignment, segmentations, i, [&](std::int64_t s, double inverse) {
        for (int l = 0; l < k; ++l)
          result.row(i)[l] -= root * inverse * alignment.sums[index(s * k + l)];
      });
    }
  });
  return result;
}

std::vector<double> alignment_degree_gradient(const TruncatedAlignment& alignment,
                                              const VectorBlock<double>& u,
                                              const std::vector<double>& degrees,
                                              const Segmentations& segmentations) {
  const int k = alignment.vectors;
  std::vector<double> result(degrees.size(), 0.0);
  RowChunks(u.rows).for_each([&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      const double degree = degrees[index(i)];
      if (degree == 0) continue;
      for_each_segment(alignment, segmentations, i, [&](std::int64_t s, double inverse) {
        double energy = 0;
        double along = 0;
        for (int l = 0; l < k; ++l) {
          const double t = alignment.sums[index(s * k + l)];
          energy += t * t;
          along += t * u.row(i)[l];
        }
        result[index(i)] +=
            inverse * (energy * inverse - along / std::sqrt(degree)) / segmentations.annotators();
      });
    }
  });
  return result;
}

void edge_gradient(const AffinityGraph& graph, const VectorBlock<double>& u,
                   const std::vector<double>& values, const VectorBlock<double>& z,
                   const VectorBlock<double>& m_z, const std::vector<double>& of_degrees,
                   double scale, double* edges) {
  const auto& weights = graph.weights;
  const auto& grid = graph.grid();
  const int k = u.columns;
  const auto inverse_root = degree_power(graph, -0.5);
  VectorBlock<double> g(u.rows, 1);
  RowChunks(u.rows).for_each([&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      if (graph.degrees[index(i)] == 0) continue;
      double sum = 0;
      for (int l = 0; l < k; ++l)
        sum += u.row(i)[l] * (m_z.row(i)[l] + values[index(l)] * z.row(i)[l]);
      *g.row(i) = of_degrees[index(i)] - sum / graph.degrees[index(i)];
    }
  });
  const auto root_block = column(inverse_root);
  const LinesBelow u_rows(weights, u), z_rows(weights, z), g_rows(weights, g),
      roots(weights, root_block);
  const auto count = static_cast<std::int64_t>(weights.offsets().size());
  const std::int64_t width = grid.width();
  RowChunks(u.rows).for_each([&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      const std::int64_t line = grid.own().first + i / width;
      const std::int64_t c = i % width;
      const double* u_i = u.row(i);
      const double* z_i = z.row(i);
      for (std::int64_t o = 0; o < count; ++o) {
        const auto& offset = weights.offsets()[index(o)];
        double& out = edges[i * count + o];
        out = 0;
        const std::int64_t there = c + offset.right;
        if (there < 0 || there >= width || line + offset.down >= grid.height()) continue;
        const std::int64_t j = i + offset.down * width + offset.right;
        const double root_j = *roots.row(j);
        if (inverse_root[index(i)] == 0 || root_j == 0) continue;
        const double* u_j = u_rows.row(j);
        const double* z_j = z_rows.row(j);
        double sum = 0;
        for (int l = 0; l < k; ++l) sum += z_i[l] * u_j[l] + u_i[l] * z_j[l];
        out = scale * (2 * sum * inverse_root[index(i)] * root_j + *g.row(i) + *g_rows.row(j));
      }
    }
  });
}

NormalizedChange normalized_change(const AffinityGraph& graph, const VectorBlock<double>& u,
                                   const std::vector<double>& values, const double* edge_changes) {
  const auto& weights = graph.weights;
  const auto& grid = graph.grid();
  const int k = u.columns;
  StencilMatrix<double> change(grid, weights.offsets(), weights.communicator());
  const auto count = static_cast<std::int64_t>(weights.offsets().size());
  for (std::int64_t l = 0; l < grid.own().count; ++l) {
    for (std::size_t o = 0; o < weights.offsets().size(); ++o) {
      const auto& offset = weights.offsets()[o];
      if (grid.own().first + l + offset.down >= grid.height()) continue;
      for (std::int64_t c = std::max(0, -offset.right);
           c < grid.width() - std::max(0, offset.right); ++c)
        change.weights()[index(change.at(l, o, c))] =
            edge_changes[(l * grid.width() + c) * count + static_cast<std::int64_t>(o)];
    }
  }
  change.exchange_weights();
  NormalizedChange result{VectorBlock<double>(u.rows, k),
                          std::vector<double>(graph.degrees.size())};
  const std::vector<double> ones(graph.degrees.size(), 1.0);
  const double* nothing = nullptr;
  change.apply(ones.data(), nothing, result.d_degrees.data(), 1, StencilTerms<double>());
  const auto inverse_root = degree_power(graph, -0.5);
  // M E U = D^(-1/2) W D^(-1/2) E U joins the product with dW: scaled vectors go through both.
  VectorBlock<double> scaled(u.rows, k), relative(u.rows, k), product(u.rows, k);
  for (std::int64_t i = 0; i < u.rows; ++i) {
    const double root = inverse_root[index(i)];
    const double e = result.d_degrees[index(i)] * root * root;
    for (int l = 0; l < k; ++l) {
      scaled.row(i)[l] = root * u.row(i)[l];
      relative.row(i)[l] = e * scaled.row(i)[l];
    }
  }
  change.apply(scaled.data(), nothing, product.data(), k, StencilTerms<double>());
  StencilTerms<double> terms;
  terms.alpha = -0.5;
  terms.gamma = 1;
  weights.apply(relative.data(), product.data(), product.data(), k, terms);
  for (std::int64_t i = 0; i < u.rows; ++i) {
    const double root = inverse_root[index(i)];
    const double e = result.d_degrees[index(i)] * root * root;
    for (int l = 0; l < k; ++l)
      result.d_m_u.row(i)[l] = root * product.row(i)[l] - 0.5 * e * values[index(l)] * u.row(i)[l];
  }
  return result;
}

}  // namespace eigenprop
