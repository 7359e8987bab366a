#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/ncuts_inference.hpp"
#include "segmentation/contour_affinity.hpp"

namespace eigenprop {

/// Where eigenvectors and boundary maps of images come from.
struct ContourSourceSettings {
  std::string affinity = "network";  ///< or "contour": intervening contour on a plain edge map
  std::string checkpoint;            ///< of train_ncuts, where affinity is "network"
  /// F is a layer's output of a trunk without a head, W = F Fᵀ; the checkpoint may be of
  /// import_weights.py.
  bool takes_trunk = false;
  std::string trunk;              ///< empty: that of the checkpoint
  std::string cut;                ///< its layer; empty: the last
  std::int64_t trunk_side = 481;  ///< pixels of the longer side of images that enter it
  ContourSettings contour;
  TestTimeAugmentation augmentation;
  bool needs_network = true;         ///< false: neither eigenvectors nor maps of a network
  EigenvectorSettings eigenvectors;  ///< of low-rank affinities

  bool names_trunk() const { return !(trunk.empty() && cut.empty()); }
};

/// Declares the keys of a network's boundary map and of the classical method, [contour], and
/// "affinity".
void declare_contour_source(CommandLine& line, ContourSourceSettings& settings);

/// Eigenvectors and boundary maps of images: by a trained network, of a low-rank affinity or of an
/// affinity graph, or by the classical method without one.
class ContourSource {
 public:
  /// Reads the checkpoint where the settings need one. `sharing`: ranks that share the rows of an
  /// affinity graph, which must outlive this; null for one. Throws InputError for a foreign
  /// checkpoint. Collective over `world`.
  ContourSource(const ContourSourceSettings& settings, const Communicator& world,
                const Communicator* sharing);

  /// What is known of an image, on every rank of `sharing`: the boundary map, where the affinity
  /// has one, and leading eigenvectors, of a low-rank affinity those of `settings`.
  /// Throws InputError where a trunk's features, which need not have gone through a ReLU, are
  /// negative. Collective over `sharing`.
  BoundaryEvidence of(const SegmentedImage& image, const BoundaryQuestion& question);

  /// Of a low-rank affinity; null otherwise.
  NCutsFeatures* features() { return features_.get(); }
  /// Λ of a low-rank affinity; null for the identity.
  const double* metric() const { return metric_.empty() ? nullptr : metric_.data(); }
  /// How the network was trained.
  const NCutsTrainingSettings& training() const { return training_; }

  /// Whether the eigenvectors are those of an affinity graph.
  bool has_graph() const { return graph_ || settings_.affinity == "contour"; }

 private:
  void take_trunk(const Checkpoint& checkpoint, const std::string& source);

  ContourSourceSettings settings_;
  NCutsTrainingSettings training_;
  const Communicator* sharing_;
  std::unique_ptr<GraphCutsNetwork> graph_;
  std::unique_ptr<NCutsFeatures> features_;
  std::vector<double> metric_;  ///< empty for a trunk, which was not trained
};

}  // namespace eigenprop
