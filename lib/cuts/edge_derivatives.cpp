#include "cuts/edge_derivatives.hpp"

#include <algorithm>

#include "linalg/row_chunks.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

// Rows of a block over own lines and those below that edges reach.
class LinesBelow {
 public:
  LinesBelow(const StencilMatrix<double>& weights, const VectorBlock<double>& block)
      : block_(block), below_(weights.reach_down() * weights.grid().width(), block.ld) {
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

VectorBlock<double> as_column(const std::vector<double>& values) {
  VectorBlock<double> block(static_cast<std::int64_t>(values.size()), 1);
  std::copy(values.begin(), values.end(), block.data());
  return block;
}

// f(own pixel i, pixel j below or to the right, place in the edge tensor) for pairs that stay
// inside, in parallel over i.
template <class F>
void for_each_pair(const HostExecutionSpace& space, const StencilMatrix<double>& weights,
                   const F& f) {
  const auto& grid = weights.grid();
  const auto count = static_cast<std::int64_t>(weights.offsets().size());
  const std::int64_t width = grid.width();
  RowChunks(grid.own_pixels())
      .for_each(space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
        for (std::int64_t i = first; i < end; ++i) {
          for (std::int64_t o = 0; o < count; ++o) {
            const auto& offset = weights.offsets()[index(o)];
            const std::int64_t there = i % width + offset.right;
            if (there < 0 || there >= width ||
                grid.own().first + i / width + offset.down >= grid.height())
              continue;
            f(i, i + offset.down * width + offset.right, i * count + o);
          }
        }
      });
}

}  // namespace

EdgeGradient::EdgeGradient(const HostExecutionSpace& space, const AffinityGraph& graph,
                           double* edges)
    : space_(space), graph_(graph), edges_(edges), row_sums_(graph.degrees.size(), 0.0) {
  const auto count = static_cast<std::int64_t>(graph.weights.offsets().size());
  std::fill_n(edges_, graph.grid().own_pixels() * count, 0.0);
}

void EdgeGradient::add(const VectorBlock<double>& a, const VectorBlock<double>& b,
                       const VectorBlock<double>& m_a, const VectorBlock<double>& m_b,
                       double factor) {
  const int columns = a.columns;
  const LinesBelow a_rows(graph_.weights, a), b_rows(graph_.weights, b);
  for_each_pair(space_, graph_.weights, [&](std::int64_t i, std::int64_t j, std::int64_t place) {
    const double* a_i = a.row(i);
    const double* b_i = b.row(i);
    const double* a_j = a_rows.row(j);
    const double* b_j = b_rows.row(j);
    double sum = 0;
    for (int l = 0; l < columns; ++l) sum += a_i[l] * b_j[l] + b_i[l] * a_j[l];
    edges_[place] += factor * sum;
  });
  RowChunks(a.rows).for_each(space_, [&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      double sum = 0;
      for (int l = 0; l < columns; ++l)
        sum += a.row(i)[l] * m_b.row(i)[l] + b.row(i)[l] * m_a.row(i)[l];
      row_sums_[index(i)] += factor * sum;
    }
  });
}

void EdgeGradient::finish(const std::vector<double>& of_degrees, double scale) {
  const auto inverse_root = as_column(degree_power(graph_, -0.5));
  VectorBlock<double> g(inverse_root.rows, 1);
  for (std::int64_t i = 0; i < g.rows; ++i) {
    const double degree = graph_.degrees[index(i)];
    if (degree == 0) continue;
    *g.row(i) =
        (of_degrees.empty() ? 0 : of_degrees[index(i)]) - row_sums_[index(i)] / (2 * degree);
  }
  const LinesBelow g_rows(graph_.weights, g), roots(graph_.weights, inverse_root);
  for_each_pair(space_, graph_.weights, [&](std::int64_t i, std::int64_t j, std::int64_t place) {
    const double both = *inverse_root.row(i) * *roots.row(j);
    edges_[place] = both == 0 ? 0 : scale * (edges_[place] * both + *g.row(i) + *g_rows.row(j));
  });
}

NormalizedChange::NormalizedChange(const HostExecutionSpace& space, const AffinityGraph& graph,
                                   const double* edge_changes)
    : space_(space),
      graph_(graph),
      change_(graph.grid(), graph.weights.offsets(), graph.weights.communicator()),
      d_degrees_(graph.degrees.size()),
      inverse_root_(degree_power(graph, -0.5)) {
  const auto count = static_cast<std::int64_t>(change_.offsets().size());
  const std::int64_t width = graph.grid().width();
  for_each_pair(space_, change_, [&](std::int64_t i, std::int64_t, std::int64_t place) {
    change_.weights()[index(change_.at(i / width, index(place % count), i % width))] =
        edge_changes[place];
  });
  change_.exchange_weights();
  const std::vector<double> ones(graph.degrees.size(), 1.0);
  change_.apply(space_, ones.data(), static_cast<const double*>(nullptr), d_degrees_.data(), 1,
                StencilTerms<double>());
}

void NormalizedChange::apply(const VectorBlock<double>& x, const VectorBlock<double>& m_x,
                             const VectorBlock<double>& out) const {
  const int k = x.columns;
  // Scaled vectors go through W and dW: M E x = D^(-1/2) W D^(-1/2) E x.
  VectorBlock<double> scaled(x.rows, k), relative(x.rows, k);
  const auto relative_change = [&](std::int64_t i) {
    return d_degrees_[index(i)] * inverse_root_[index(i)] * inverse_root_[index(i)];
  };
  for (std::int64_t i = 0; i < x.rows; ++i) {
    for (int l = 0; l < k; ++l) {
      scaled.row(i)[l] = inverse_root_[index(i)] * x.row(i)[l];
      relative.row(i)[l] = relative_change(i) * scaled.row(i)[l];
    }
  }
  change_.apply(space_, scaled.data(), static_cast<const double*>(nullptr), out.data(), k,
                StencilTerms<double>());
  StencilTerms<double> terms;
  terms.alpha = -0.5;
  terms.gamma = 1;
  graph_.weights.apply(space_, relative.data(), out.data(), out.data(), k, terms);
  for (std::int64_t i = 0; i < x.rows; ++i) {
    for (int l = 0; l < k; ++l)
      out.row(i)[l] =
          inverse_root_[index(i)] * out.row(i)[l] - 0.5 * relative_change(i) * m_x.row(i)[l];
  }
}

VectorBlock<double> scaled_columns(const HostExecutionSpace& space, const VectorBlock<double>& x,
                                   const std::vector<double>& factors) {
  VectorBlock<double> result(x.rows, x.columns);
  RowChunks(x.rows).for_each(space, [&](std::int64_t, std::int64_t first, std::int64_t end) {
    for (std::int64_t i = first; i < end; ++i) {
      for (int l = 0; l < x.columns; ++l) result.row(i)[l] = factors[index(l)] * x.row(i)[l];
    }
  });
  return result;
}

}  // namespace eigenprop
