#pragma once

#include <vector>

#include "cuts/stencil_matrix.hpp"

namespace eigenprop {

/// An affinity matrix W over the pixels of an image with its degrees D = [W 1]
/// (matrix-backpropagation.txt, section 6), rows spread over ranks by image lines.
struct AffinityGraph {
  StencilMatrix<double> weights;
  std::vector<double> degrees;  ///< (own pixels)

  const PixelGrid& grid() const { return weights.grid(); }
};

/// The graph of an edge tensor (own lines, width, offsets): element (i, δ) is W(i, i+δ) = W(i+δ,
/// i). Elements of pairs that leave the image are not read. W has no diagonal: with one, each pixel
/// of a thin boundary, tied to nothing else, would be a segment of its own. A pixel without any
/// edge has degree zero and takes no part in M. Throws NonFiniteError for weights that are not
/// finite, InputError for negative ones, on every rank alike. Collective over `comm`, which must
/// outlive the graph; null for one rank.
AffinityGraph affinity_graph(const HostExecutionSpace& space, const PixelGrid& grid,
                             const std::vector<GridOffset>& offsets, const double* edges,
                             const Communicator* comm);

/// M = D^(-1/2) W D^(-1/2), with 0^(-1/2) = 0, in the precision of `Weight`. Collective.
template <class Weight>
StencilMatrix<Weight> normalized(const HostExecutionSpace& space, const AffinityGraph& graph);

/// D^(exponent) of the own pixels, and 0 where D is 0.
std::vector<double> degree_power(const AffinityGraph& graph, double exponent);

/// A vector of the own pixels, and around it those of the lines that edges reach, zero where there
/// are none: pixel (line, column) at (line + reach) * width + column, line from -reach on.
/// Collective.
std::vector<double> with_halo(const StencilMatrix<double>& weights, const double* own);

/// Rows of the graph W_c = PᵀWP over pairs of lines and columns, P constant on 2 x 2 pixels; its
/// degrees are D_c = PᵀD. Needs grid().can_halve().
AffinityGraph halved(const HostExecutionSpace& space, const AffinityGraph& graph);

/// The whole graph on every rank. Collective.
AffinityGraph gathered(const AffinityGraph& graph);

}  // namespace eigenprop
