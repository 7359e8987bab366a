#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// Images with human segmentations, packed in one HDF5 file by analysis/pack_bsds.py or
/// analysis/make_scenes.py (format "eigenprop-segmentation", version 1; layout in the README).
/// Held in memory: 300 BSDS images take 0.4 GiB.
class SegmentationDataset {
 public:
  /// Throws InputError for a file that is missing, truncated, foreign, or inconsistent: label maps
  /// of another size than their image, labels out of range.
  explicit SegmentationDataset(const std::string& path);

  std::int64_t size() const { return static_cast<std::int64_t>(images_.size()); }
  const SegmentedImage& operator[](std::int64_t i) const {
    return images_[static_cast<std::size_t>(i)];
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::vector<SegmentedImage> images_;
};

}  // namespace eigenprop
