#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/boundary_network.hpp"
#include "models/ncuts_inference.hpp"
#include "segmentation/contour_affinity.hpp"

namespace eigenprop {

/// Where eigenvectors and boundary maps of images come from.
struct ContourSourceSettings {
  std::string affinity = "network";  ///< or "contour": intervening contour on a plain edge map
  std::string checkpoint;            ///< of train_ncuts, where affinity is "network"
  ContourSettings contour;
  std::vector<double> scales = {1};  ///< of the images whose boundary maps are averaged
  bool needs_network = true;         ///< false: neither eigenvectors nor maps of a network
  EigenvectorSettings eigenvectors;  ///< of low-rank affinities
};

/// Declares the keys of the classical method, [contour], and "affinity" and "scales".
void declare_contour_source(CommandLine& line, ContourSourceSettings& settings);

/// Eigenvectors and boundary maps of images: by a trained network, of a low-rank affinity or of an
/// affinity graph, or by the classical method without one.
class ContourSource {
 public:
  /// Reads the checkpoint where the settings need one. `sharing`: ranks that share the rows of an
  /// affinity graph, which must outlive this; null for one. `program` names the caller in errors.
  /// Throws InputError for a foreign checkpoint. Collective over `world`.
  ContourSource(const ContourSourceSettings& settings, const Communicator& world,
                const Communicator* sharing, const std::string& program);

  /// Leading eigenvectors, on every rank of `sharing`; of a low-rank affinity those of `settings`.
  /// Collective over `sharing`.
  SpectralVectors eigenvectors_of(const SegmentedImage& image);

  /// The probability of a boundary at each pixel; empty where the affinity has no learned map.
  std::vector<float> boundary_of(const SegmentedImage& image);

  /// Of a low-rank affinity; null otherwise.
  NCutsFeatures* features() { return features_.get(); }
  const std::vector<double>& metric() const { return metric_; }

  /// Whether the eigenvectors are those of an affinity graph.
  bool has_graph() const { return graph_ || settings_.affinity == "contour"; }

 private:
  ContourSourceSettings settings_;
  const Communicator* sharing_;
  std::unique_ptr<GraphCutsNetwork> graph_;
  std::unique_ptr<BoundaryNetwork> boundary_;
  std::unique_ptr<NCutsFeatures> features_;
  std::vector<double> metric_;
};

}  // namespace eigenprop
