#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cuts/graph_cuts_operation.hpp"
#include "models/ncuts_model.hpp"
#include "runtime/command_line.hpp"

namespace eigenprop {

/// An affinity graph of pixels made from what the network says, in place of W = FΛFᵀ.
struct GraphAffinitySettings {
  std::string weights = "contour";  ///< intervening contour of a boundary map; or "features",
                                    ///< "both": the product of the two, "sum"
  std::int64_t radius = 5;          ///< of the edges, in pixels of the feature map
  std::int64_t contour_power = 4;   ///< p of InterveningContour; 0: the maximum
  /// First σ of the contour, whose map lies in (0, 1): no weight is below exp(-4) then, and the
  /// graph stays in one piece.
  double contour_width = 0.5;
  double feature_width = 1;   ///< first σ of the features
  double distance_width = 0;  ///< first σ_δ; 0: distances do not count
  double width_rate = 1;      ///< factor of the learning rate of all σ; 0 keeps them
  std::int64_t vectors = 8;   ///< k, the constant one among them
  /// Where positive: k is at the widest gap from here to `vectors`.
  std::int64_t least_vectors = 0;
  std::int64_t guards = 8;  ///< vectors beyond
  /// Residual of eigenpairs. Gradients magnify it by 1 / gap.
  double tolerance = 1e-8;
  double gap_share = 0;  ///< where positive, residuals are at most this share of the gap, too
  double adjoint_tolerance = 1e-6;  ///< relative residual of the gradient's linear systems

  /// Whether weights depend on a boundary map.
  bool has_contour() const { return weights != "features"; }
  /// Whether they depend on features.
  bool has_features() const { return weights != "contour"; }

  GraphSpectrumSettings spectrum() const;
};

/// Ranks that share the image, and what is told of the solvers; each may be null. `comm` must
/// outlive the graph.
struct GraphSharing {
  const Communicator* comm = nullptr;
  std::shared_ptr<GraphCutsReport> report = nullptr;
};

/// Declares the keys of [cuts] but its affinity.
void declare_graph_affinity(CommandLine& line, GraphAffinitySettings& settings);

/// Throws InputError for settings that are wrong for any image.
void check_graph_affinity(const GraphAffinitySettings& settings);

/// The layers of ncuts_layers() and, where the affinity has a contour, those of its map: the last
/// is called "boundary" then, of one channel in (0, 1).
std::vector<Layer> graph_cuts_layers(const NCutsModelSettings& settings,
                                     const GraphAffinitySettings& affinity);

/// The network with its edge weights, for one image at a time.
/// Input 0: image, float (1, height, width, input_channels). Outputs "features", "edges": the edge
/// tensor of the own lines, double (lines, w, offsets); where there is one, "boundary", float
/// (1, h, w, 1), and "boundary_score", its logits. Parameters beside the layers': "contour_width",
/// "feature_width", "distance_width".
Graph build_edge_network(const NCutsModelSettings& settings, const GraphAffinitySettings& affinity,
                         const GraphSharing& sharing, std::uint32_t seed);

/// The edge weights of a boundary map alone. Input 0: the map, float (1, h, w, 1). Output "edges"
/// as above; parameter "contour_width". Throws InputError where features count, too.
Graph build_contour_edges(const GraphAffinitySettings& affinity, const GraphSharing& sharing);

/// The network with its edge weights and the truncated J₁ of the graph's leading eigenvectors.
/// Input 1: label maps at the resolution of the features, of the own lines, int32 (annotators,
/// lines w). Outputs "objective" and "statistics" too (GraphCutsAlignment).
Graph build_graph_cuts_network(const NCutsModelSettings& settings,
                               const GraphAffinitySettings& affinity, const GraphSharing& sharing,
                               std::uint32_t seed);

/// The boundary map of the same network, with all its parameters but without edges. Input 0 and
/// outputs as above but "edges". Throws InputError where the affinity has no boundary map.
Graph build_boundary_map(const NCutsModelSettings& settings, const GraphAffinitySettings& affinity,
                         std::uint32_t seed);

/// The same with the objective of the first stage, in which the map is trained alone.
/// Input 1: weights of its pixels for and against a boundary, float (h w, 2)
/// (WeightedLogisticLoss). Output "objective" too.
Graph build_boundary_network(const NCutsModelSettings& settings,
                             const GraphAffinitySettings& affinity, std::uint32_t seed);

/// One line that identifies the model in checkpoints.
std::string graph_cuts_signature(const NCutsModelSettings& settings,
                                 const GraphAffinitySettings& affinity);

}  // namespace eigenprop
