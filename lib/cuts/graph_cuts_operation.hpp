#pragma once

#include <memory>

#include "cuts/graph_spectrum.hpp"
#include "graph/operation.hpp"

namespace eigenprop {

/// What the last maps of a GraphCutsAlignment met, for records of a training.
struct GraphCutsReport {
  int vectors = 0;                  ///< k
  double gap = 0;                   ///< λ_k − λ_(k+1)
  std::vector<double> eigenvalues;  ///< k leading ones, and those of the guards
  double residual = 0;              ///< largest ‖M u − λ u‖ of the k
  int products = 0;                 ///< see GraphEigenvectors
  int adjoint_iterations = 0;
  double adjoint_residual = 0;
};

struct GraphCutsSettings {
  int radius = 5;  ///< of the edge tensor's offsets
  GraphSpectrumSettings spectrum;
  /// Ranks that share the image; null where one rank has all of it. Must outlive the operation.
  const Communicator* comm = nullptr;
  /// Written by every map; may be null.
  std::shared_ptr<GraphCutsReport> report = nullptr;
};

/// Truncated J₁ (truncated_alignment.hpp) of the k leading eigenvectors of a graph of pixels, whose
/// lines are spread over ranks as PixelGrid says.
///
/// Inputs: edge tensor (own lines, width, offsets), double; labels (annotators, own pixels), int32.
/// Outputs: the objective, double (1), the same on all ranks; and int32 (2): k, and the segments
/// that occur, summed over annotators. The adjoint of the objective is the sum of what the ranks
/// give, as everywhere (collectives.hpp). All maps are collective over `comm`. In training, forward
/// keeps the graph, its grids and the eigenvectors for the derivative maps.
///
/// Throws Error where a solver does not converge, or where the spectrum leaves no gap below λ_k and
/// a derivative is asked for: the projector is then no function of the edges.
class GraphCutsAlignment : public Operation {
 public:
  explicit GraphCutsAlignment(const GraphCutsSettings& settings);
  std::string type() const override { return "graph_cuts_alignment"; }
  OperationPlan plan(const std::vector<TensorSpec>& inputs) const override;
  void forward(const Arguments& arguments) const override;
  void variation(const Arguments& arguments, const std::vector<AnyTensor>& input_variations,
                 const std::vector<AnyTensor>& output_variations) const override;
  void adjoint(const Arguments& arguments, const std::vector<AnyTensor>& output_adjoints,
               const std::vector<AnyTensor>& input_adjoints) const override;

 private:
  GraphCutsSettings settings_;
};

/// The graph of an edge tensor in host memory (own lines, width, offsets of `radius`). The height
/// is the sum of the ranks' lines. Collective over `comm`; null for one rank.
AffinityGraph graph_of_edges(const HostExecutionSpace& space, const double* edges,
                             std::int64_t lines, std::int64_t width, int radius,
                             const Communicator* comm);

}  // namespace eigenprop
