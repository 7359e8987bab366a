#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "cuts/graph_cuts_operation.hpp"
#include "reference/dense_cuts.hpp"
#include "runtime/random.hpp"
#include "test_session.hpp"

namespace eigenprop {

/// A graph of pixels whose edges all ranks know, for comparisons with full matrices.
struct GraphProblem {
  std::int64_t height, width;
  int radius;
  std::vector<GridOffset> offsets;
  std::vector<double> edges;  ///< (height, width, offsets)

  /// f(pixel, neighbour, number of the edge) of every pair inside the image; the others are NaN,
  /// which nobody may read.
  template <class F>
  GraphProblem(std::int64_t h, std::int64_t w, int r, const F& f)
      : height(h), width(w), radius(r), offsets(half_plane_offsets(r)) {
    edges.assign(static_cast<std::size_t>(pixels()) * offsets.size(), std::nan(""));
    for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
      edges[edge] = f(i, j, static_cast<std::uint64_t>(edge));
    });
  }

  std::int64_t pixels() const { return height * width; }

  template <class F>
  void for_each_edge(const F& f) const {
    for (std::int64_t i = 0; i < pixels(); ++i) {
      for (std::size_t o = 0; o < offsets.size(); ++o) {
        const std::int64_t line = i / width + offsets[o].down;
        const std::int64_t column = i % width + offsets[o].right;
        if (line >= height || column < 0 || column >= width) continue;
        f(i, line * width + column, static_cast<std::size_t>(i) * offsets.size() + o);
      }
    }
  }

  Dense dense() const {
    const auto n = static_cast<int>(pixels());
    Dense w(n, n);
    for_each_edge([&](std::int64_t i, std::int64_t j, std::size_t edge) {
      w(static_cast<int>(i), static_cast<int>(j)) = edges[edge];
      w(static_cast<int>(j), static_cast<int>(i)) = edges[edge];
    });
    return w;
  }

  PixelGrid grid() const {
    return {height, width, test_communicator().rank(), test_communicator().size()};
  }
  const double* own_edges() const {
    return edges.data() + grid().first_pixel() * static_cast<std::int64_t>(offsets.size());
  }
  AffinityGraph graph() const {
    return affinity_graph(HostExecutionSpace(), grid(), offsets, own_edges(), &test_communicator());
  }
};

/// Uneven weights, with a weak line of edges down the middle and across.
inline GraphProblem uneven_problem(std::int64_t height, std::int64_t width, int radius) {
  const RandomStream stream(RandomKey{7, RandomPurpose::test, 0, 0, 0});
  return {height, width, radius, [=](std::int64_t i, std::int64_t j, std::uint64_t edge) {
            const bool across = (i % width < width / 2) != (j % width < width / 2) ||
                                (i / width < height / 3) != (j / width < height / 3);
            return (across ? 0.03 : 1.0) * (0.2 + stream.uniform(edge));
          }};
}

inline std::vector<int> block_labels(const GraphProblem& p, int shift = 0) {
  std::vector<int> labels;
  for (std::int64_t i = 0; i < p.pixels(); ++i) {
    const int right = i % p.width < p.width / 2 + shift ? 0 : 1;
    const int below = i / p.width < p.height / 3 + shift ? 0 : 1;
    labels.push_back(2 * below + right);
  }
  return labels;
}

inline GraphCutsSettings exact_settings(const GraphProblem& p, int vectors) {
  GraphCutsSettings settings;
  settings.radius = p.radius;
  settings.comm = &test_communicator();
  settings.spectrum.vectors = vectors;
  settings.spectrum.tolerance = 1e-12;
  settings.spectrum.adjoint_tolerance = 1e-12;
  settings.report = std::make_shared<GraphCutsReport>();
  return settings;
}

/// Value and gradient of GraphCutsAlignment, the gradient of all edges on every rank.
struct GraphResult {
  double value = 0;
  int vectors = 0;
  std::vector<double> gradient;
};

inline Arguments graph_arguments(const GraphProblem& p, const Operation& operation,
                                 const std::vector<std::vector<int>>& annotators) {
  const auto grid = p.grid();
  const auto count = static_cast<std::int64_t>(p.offsets.size());
  const std::vector<double> own(p.own_edges(), p.own_edges() + grid.own_pixels() * count);
  std::vector<std::int32_t> labels;
  for (const auto& l : annotators)
    labels.insert(labels.end(), l.begin() + grid.first_pixel(),
                  l.begin() + grid.first_pixel() + grid.own_pixels());
  Tensor<double> edges({grid.own().count, p.width, count});
  Tensor<std::int32_t> label_tensor(
      {static_cast<std::int64_t>(annotators.size()), grid.own_pixels()});
  from_host(edges, own);
  from_host(label_tensor, labels);
  Arguments a;
  a.inputs = {edges, label_tensor};
  const auto plan =
      operation.plan({{edges.shape(), Precision::f64}, {label_tensor.shape(), Precision::i32}});
  for (const auto& spec : plan.outputs)
    a.outputs.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  for (const auto& spec : plan.saved)
    a.saved.push_back(AnyTensor::zeros(spec.shape, spec.precision));
  return a;
}

inline GraphResult run_graph_cuts(const GraphProblem& p, const GraphCutsSettings& settings,
                                  const std::vector<std::vector<int>>& annotators) {
  const auto& comm = test_communicator();
  const GraphCutsAlignment operation(settings);
  const auto a = graph_arguments(p, operation, annotators);
  operation.forward(a);
  GraphResult result;
  result.value = to_host(a.outputs[0].as<double>())[0];
  result.vectors = to_host(a.outputs[1].as<std::int32_t>())[0];
  // The ranks' adjoints add up: the root gives all of it.
  Tensor<double> seed({1});
  from_host(seed, {comm.is_root() ? 1.0 : 0.0});
  const Tensor<double> gradient(a.inputs[0].shape());
  operation.adjoint(a, {seed, AnyTensor()}, {gradient, AnyTensor()});
  result.gradient.assign(p.edges.size(), 0.0);
  const auto own = to_host(gradient);
  std::copy(own.begin(), own.end(),
            result.gradient.begin() +
                p.grid().first_pixel() * static_cast<std::int64_t>(p.offsets.size()));
  comm.sum(result.gradient.data(), static_cast<std::int64_t>(result.gradient.size()));
  return result;
}

}  // namespace eigenprop
