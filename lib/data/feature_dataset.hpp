#pragma once

#include <string>
#include <vector>

#include "data/classification_source.hpp"

namespace eigenprop {

/// Features of images with one class each (format "eigenprop-activations", version 1; layout in
/// analysis/classification_data.py), as analysis/dense_sift.py computes them: /features of n
/// samples is (n, dimensions), (n, locations, dimensions) or (n, height, width, dimensions). A
/// network gets them as maps of (1, 1, dimensions), (locations, 1, dimensions) or (height, width,
/// dimensions), unchanged: framing and pixel normalization do not apply. Samples are read when they
/// are asked for.
class FeatureDataset : public ClassificationSource {
 public:
  static constexpr const char* format = "eigenprop-activations";

  /// Throws InputError for a file that is missing, foreign, without labels, or whose features do
  /// not fit them.
  explicit FeatureDataset(const std::string& path);

  Shape extents(const PixelSettings& pixels, std::int64_t side) const override;
  void append(std::int64_t i, const PixelSettings& pixels, std::int64_t side,
              const Placement& placement, std::vector<float>& values) const override;

 private:
  Shape extents_;
};

}  // namespace eigenprop
