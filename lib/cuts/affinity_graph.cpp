#include "cuts/affinity_graph.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "tensor/loops.hpp"

namespace eigenprop {
namespace {

template <class F>
void for_each_line(const HostExecutionSpace& space, std::int64_t lines, const F& f) {
  for_each_index(space, "lines of the graph", lines, f);
  space.fence();
}

// Throws alike on all ranks where one of them found a bad element; `found` is its number in the
// whole tensor, or the largest there is.
void require_none(std::int64_t found, const PixelGrid& grid, const std::vector<GridOffset>& offsets,
                  bool negative, const Communicator* comm) {
  if (comm) found = comm->min(found);
  if (found == std::numeric_limits<std::int64_t>::max()) return;
  const auto count = static_cast<std::int64_t>(offsets.size());
  const auto& offset = offsets[index(found % count)];
  const std::string where = "the edge weight at " + grid.place(found / count) + ", " +
                            std::to_string(offset.down) + " down and " +
                            std::to_string(offset.right) + " to the right, is ";
  if (negative) throw InputError(where + "negative; affinities are 0 or more");
  throw NonFiniteError(where + "not finite");
}

// Calls f(line, offset, own first column, end column) for the columns whose pairs stay inside.
template <class F>
void for_each_run(const PixelGrid& grid, const std::vector<GridOffset>& offsets, std::int64_t line,
                  const F& f) {
  for (std::size_t o = 0; o < offsets.size(); ++o) {
    if (grid.own().first + line + offsets[o].down >= grid.height()) continue;
    const std::int64_t right = offsets[o].right;
    f(o, std::max<std::int64_t>(0, -right), grid.width() - std::max<std::int64_t>(0, right));
  }
}

}  // namespace

AffinityGraph affinity_graph(const HostExecutionSpace& space, const PixelGrid& grid,
                             const std::vector<GridOffset>& offsets, const double* edges,
                             const Communicator* comm) {
  AffinityGraph graph{StencilMatrix<double>(grid, offsets, comm), {}};
  auto& matrix = graph.weights;
  const auto count = static_cast<std::int64_t>(offsets.size());
  const std::int64_t width = grid.width();
  const std::int64_t lines = grid.own().count;
  constexpr std::int64_t none = std::numeric_limits<std::int64_t>::max();
  std::vector<std::int64_t> not_finite(index(lines), none), negative(index(lines), none);
  for_each_line(space, lines, [&](std::int64_t l) {
    for_each_run(grid, offsets, l, [&](std::size_t o, std::int64_t first, std::int64_t end) {
      double* to = matrix.weights().data() + matrix.at(l, o, 0);
      for (std::int64_t c = first; c < end; ++c) {
        const std::int64_t place = (l * width + c) * count + static_cast<std::int64_t>(o);
        const double w = edges[place];
        to[c] = w;
        if (w >= 0 && w <= std::numeric_limits<double>::max()) continue;
        auto& found = w < 0 && std::isfinite(w) ? negative[index(l)] : not_finite[index(l)];
        found = std::min(found, place + grid.first_pixel() * count);
      }
    });
  });
  const auto least = [](const std::vector<std::int64_t>& v) {
    return v.empty() ? none : *std::min_element(v.begin(), v.end());
  };
  require_none(least(not_finite), grid, offsets, false, matrix.communicator());
  require_none(least(negative), grid, offsets, true, matrix.communicator());
  matrix.exchange_weights();
  const std::vector<double> ones(index(grid.own_pixels()), 1.0);
  graph.degrees.resize(ones.size());
  matrix.apply(space, ones.data(), static_cast<const double*>(nullptr), graph.degrees.data(), 1,
               StencilTerms<double>());
  return graph;
}

std::vector<double> degree_power(const AffinityGraph& graph, double exponent) {
  std::vector<double> result;
  result.reserve(graph.degrees.size());
  for (const double d : graph.degrees) result.push_back(d > 0 ? std::pow(d, exponent) : 0);
  return result;
}

std::vector<double> with_halo(const StencilMatrix<double>& weights, const double* own) {
  const auto& grid = weights.grid();
  const std::int64_t reach = weights.reach_down();
  const std::int64_t width = grid.width();
  std::vector<double> result(index((grid.own().count + 2 * reach) * width), 0.0);
  double* inner = result.data() + reach * width;
  LineHalo halo(grid, reach, reach, weights.communicator());
  halo.start(own, inner - halo.above().count * width, inner + grid.own_pixels(), width);
  std::copy_n(own, grid.own_pixels(), inner);
  halo.finish();
  return result;
}

template <class Weight>
StencilMatrix<Weight> normalized(const HostExecutionSpace& space, const AffinityGraph& graph) {
  const auto& from = graph.weights;
  const auto& grid = from.grid();
  StencilMatrix<Weight> to(grid, from.offsets(), from.communicator());
  const auto scale = with_halo(from, degree_power(graph, -0.5).data());
  const std::int64_t reach = from.reach_down();
  const std::int64_t width = grid.width();
  const auto scale_of = [&](std::int64_t line) { return scale.data() + (line + reach) * width; };
  for_each_line(space, grid.own().count + reach, [&](std::int64_t number) {
    const std::int64_t l = number - reach;
    for (std::size_t o = 0; o < from.offsets().size(); ++o) {
      const auto& offset = from.offsets()[o];
      // Lines above whose pairs end before the own ones are not needed.
      if (l + offset.down < 0 || l + offset.down >= grid.own().count + reach) continue;
      const double* weights = from.weights().data() + from.at(l, o, 0);
      Weight* result = to.weights().data() + to.at(l, o, 0);
      const double* here = scale_of(l);
      const double* there = scale_of(l + offset.down) + offset.right;
      const std::int64_t first = std::max(0, -offset.right);
      const std::int64_t end = width - std::max(0, offset.right);
      for (std::int64_t c = first; c < end; ++c)
        result[c] = static_cast<Weight>(weights[c] * here[c] * there[c]);
    }
    if (l < 0) return;
    for (std::int64_t c = 0; c < width; ++c) {
      const double s = scale_of(l)[c];
      to.diagonal()[index(l * width + c)] =
          static_cast<Weight>(from.diagonal()[index(l * width + c)] * s * s);
    }
  });
  return to;
}

template StencilMatrix<float> normalized(const HostExecutionSpace&, const AffinityGraph&);
template StencilMatrix<double> normalized(const HostExecutionSpace&, const AffinityGraph&);

AffinityGraph halved(const HostExecutionSpace& space, const AffinityGraph& graph) {
  const auto& from = graph.weights;
  const auto& fine = from.grid();
  const auto halve = [](std::int64_t i) { return (i - (i < 0 ? 1 : 0)) / 2; };
  const auto is_half_plane = [](const GridOffset& o) {
    return o.down > 0 || (o.down == 0 && o.right > 0);
  };
  // From (line, column) mod 2 and δ: the coarse offset, as seen from the coarse pixel of i.
  const auto coarse_offset = [&](std::int64_t line, std::int64_t column, const GridOffset& o) {
    return GridOffset{static_cast<int>(halve(line % 2 + o.down)),
                      static_cast<int>(halve(column % 2 + o.right))};
  };
  int reach = 0;
  for (const auto& o : from.offsets()) reach = std::max({reach, o.down, std::abs(o.right)});
  reach = (reach + 1) / 2;
  const std::int64_t side = 2 * reach + 1;
  const auto number = [&](const GridOffset& o) { return index(o.down * side + o.right + reach); };
  std::vector<int> list(index((reach + 1) * side), -1);
  std::vector<GridOffset> offsets;
  for (int down = 0; down <= reach; ++down) {
    for (int right = -reach; right <= reach; ++right) {
      const GridOffset wanted{down, right};
      if (!is_half_plane(wanted)) continue;
      bool used = false;
      for (const auto& o : from.offsets()) {
        for (int parity = 0; parity < 4; ++parity) {
          const auto c = coarse_offset(parity / 2, parity % 2, o);
          used = used || (c.down == down && c.right == right) ||
                 (c.down == -down && c.right == -right);
        }
      }
      if (!used) continue;
      list[number(wanted)] = static_cast<int>(offsets.size());
      offsets.push_back(wanted);
    }
  }

  AffinityGraph result{StencilMatrix<double>(fine.halved(), offsets, from.communicator()), {}};
  auto& to = result.weights;
  const auto& coarse = to.grid();
  result.degrees.assign(index(coarse.own_pixels()), 0.0);
  for_each_line(space, coarse.own().count, [&](std::int64_t l) {
    for (std::int64_t line = 2 * l; line < std::min(2 * l + 2, fine.own().count); ++line) {
      double* diagonal = to.diagonal().data() + l * coarse.width();
      for (std::int64_t c = 0; c < fine.width(); ++c) {
        const std::int64_t pixel = line * fine.width() + c;
        result.degrees[index(l * coarse.width() + c / 2)] += graph.degrees[index(pixel)];
        diagonal[c / 2] += from.diagonal()[index(pixel)];
      }
      for (std::size_t o = 0; o < from.offsets().size(); ++o) {
        const double* weights = from.weights().data() + from.at(line, o, 0);
        for (int parity = 0; parity < 2; ++parity) {
          auto target = coarse_offset(line, parity, from.offsets()[o]);
          if (target.down == 0 && target.right == 0) {
            for (std::int64_t c = parity; c < fine.width(); c += 2)
              diagonal[c / 2] += 2 * weights[c];
            continue;
          }
          // An edge to the left on the same line belongs to its left end.
          std::int64_t shift = 0;
          if (!is_half_plane(target)) {
            shift = target.right;
            target = {0, -target.right};
          }
          double* sums = to.weights().data() + to.at(l, index(list[number(target)]), shift);
          // Weights of pairs that leave the image are zero, and need no place.
          const std::int64_t first = shift < 0 ? parity - 2 * shift : parity;
          for (std::int64_t c = first; c < fine.width(); c += 2) sums[c / 2] += weights[c];
        }
      }
    }
  });
  to.exchange_weights();
  return result;
}

AffinityGraph gathered(const AffinityGraph& graph) {
  const auto& from = graph.weights;
  const auto& grid = from.grid();
  AffinityGraph result{StencilMatrix<double>(grid.gathered(), from.offsets(), nullptr), {}};
  auto& to = result.weights;
  const Communicator* comm = from.communicator();
  const std::int64_t first = grid.own().first;
  const std::int64_t line = from.at(1, 0, 0) - from.at(0, 0, 0);
  std::copy_n(from.weights().data() + from.at(0, 0, 0), grid.own().count * line,
              to.weights().data() + to.at(first, 0, 0));
  std::copy_n(from.diagonal().data(), grid.own_pixels(), to.diagonal().data() + grid.first_pixel());
  result.degrees.assign(index(grid.pixels()), 0.0);
  std::copy(graph.degrees.begin(), graph.degrees.end(),
            result.degrees.begin() + grid.first_pixel());
  if (comm) {
    // Sums with zeros: exact.
    comm->sum(to.weights().data(), static_cast<std::int64_t>(to.weights().size()));
    comm->sum(to.diagonal().data(), grid.pixels());
    comm->sum(result.degrees.data(), grid.pixels());
  }
  return result;
}

}  // namespace eigenprop
