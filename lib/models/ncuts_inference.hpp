#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/segmentation_dataset.hpp"
#include "graph/graph.hpp"
#include "models/boundary_network.hpp"
#include "models/ncuts_options.hpp"
#include "segmentation/contour_affinity.hpp"
#include "segmentation/segmenter.hpp"
#include "storage/checkpoint.hpp"

namespace eigenprop {

/// Features of normalized cuts by a network with fixed parameters, for whole images of any size.
class NCutsFeatures {
 public:
  /// The feature network of DeepNCuts. Takes model, pixels and the longer side of images from
  /// `settings`. Throws InputError where `parameters` are those of another model; `source` names
  /// them.
  NCutsFeatures(const NCutsTrainingSettings& settings,
                const std::map<std::string, AnyTensor>& parameters, const std::string& source);

  /// The output of layer settings.model.cut of the trunk (empty: of its last), without a head: the
  /// columns NCuts of matrix-backpropagation.txt, table 2. `parameters` may hold more than its
  /// layers have. Throws InputError for an unknown trunk or cut, for a layer whose output is no
  /// map, and where `parameters` lack some or have them of another shape.
  static NCutsFeatures of_trunk(const NCutsTrainingSettings& settings,
                                const std::map<std::string, AnyTensor>& parameters,
                                const std::string& source);

  /// Features of an image, scaled to a mean square of 1 over rows' norms; valid until the next
  /// call. Throws NonFiniteError that names the image where they are not finite.
  FeatureGrid of(const SegmentedImage& image);

  /// Columns d of the features.
  std::int64_t dimensions() const { return dimensions_; }

 private:
  NCutsFeatures(const NCutsTrainingSettings& settings, Graph graph, std::int64_t dimensions);

  NCutsTrainingSettings settings_;
  Graph graph_;
  std::int64_t dimensions_;
  std::vector<double> values_;
};

/// What is asked of an image's boundaries.
struct BoundaryQuestion {
  bool spectrum = true;  ///< leading eigenvectors
  bool boundary = true;  ///< the boundary map, where there is one
};

/// What is known of an image's boundaries; what was not asked for may be missing.
struct BoundaryEvidence {
  SpectralVectors spectrum;     ///< leading eigenvectors; none: without dimensions
  std::vector<float> boundary;  ///< of each pixel, the probability of a boundary; none: empty
};

/// The network of a trained affinity graph with fixed parameters, for whole images of any size,
/// whose rows ranks may share.
class GraphCutsNetwork {
 public:
  /// Takes model, pixels, graph and the longer side of images from `settings`. `comm`: ranks that
  /// share each image, which must outlive this; null for one. Throws InputError where `parameters`
  /// are those of another model; `source` names them.
  GraphCutsNetwork(const NCutsTrainingSettings& settings,
                   const std::map<std::string, AnyTensor>& parameters, const std::string& source,
                   const TestTimeAugmentation& augmentation, const Communicator* comm);

  /// The averaged boundary map, and the leading eigenvectors of the image's graph at the resolution
  /// of the features: of the averaged map, where weights come from it alone. On every rank. Throws
  /// Error that names the image where a solver does not converge. Collective over `comm`.
  BoundaryEvidence of(const SegmentedImage& image, const BoundaryQuestion& question);

 private:
  SpectralVectors eigenvectors_of(const Tensor<float>& input);

  NCutsTrainingSettings settings_;
  const Communicator* comm_;
  std::unique_ptr<BoundaryNetwork> boundary_;
  Graph edges_;  ///< from the averaged map, or from the image where features count
};

/// Λ of W = FΛFᵀ as the inverse of the features' scatter within segments, pooled over images and
/// annotators: the metric in which segments are round, as in linear discriminant analysis. J₂ is
/// invariant to F -> F A and leaves Λ undetermined (matrix-backpropagation.txt, after eq. 65), but
/// the order of M's eigenvectors depends on it. S + ridge tr(S)/d I is inverted. Images are spread
/// over the ranks; before each, `stop`, where given, may ask for an early end, and the result is
/// then empty. Returns (d, d), the same on all ranks. Collective over `comm`.
std::vector<double> fit_metric(NCutsFeatures& features, const SegmentationDataset& data,
                               double ridge, const Communicator& comm,
                               const std::function<bool()>& stop = {});

/// tr Π_ε of an image's features F under Λ (d, d), where the training's objective has it; ε of the
/// last epoch, or `epsilon` where that is positive.
double effective_rank_of(const FeatureGrid& features, const double* lambda,
                         const NCutsTrainingSettings& settings, double epsilon);

/// Λ = LLᵀ of a trained root L (d, d).
std::vector<double> metric_of_root(const Tensor<double>& root);

/// The Λ, (dimensions, dimensions), that a training left among its results, as `metric`, or by the
/// name of old checkpoints, `affinity`. Throws InputError where it has none of this shape, or one
/// that is not finite; `source` names the checkpoint.
std::vector<double> metric_of_features(const Checkpoint& checkpoint, std::int64_t dimensions,
                                       const std::string& source);

}  // namespace eigenprop
