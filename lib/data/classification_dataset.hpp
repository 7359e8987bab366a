#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// Images with one class each, packed in one HDF5 file by analysis/pack_cifar.py or
/// analysis/pack_coco.py (format "eigenprop-classification", version 1; layout in
/// analysis/classification_data.py). Held in memory: CIFAR-10 takes 0.2 GiB.
class ClassificationDataset {
 public:
  /// Throws InputError for a file that is missing, truncated, foreign, or inconsistent: pixels that
  /// do not match the images' sizes, a label that is no class.
  explicit ClassificationDataset(const std::string& path);

  std::int64_t size() const { return static_cast<std::int64_t>(images_.size()); }
  const Image& image(std::int64_t i) const { return images_[static_cast<std::size_t>(i)]; }
  std::int32_t label(std::int64_t i) const { return labels_[static_cast<std::size_t>(i)]; }
  const std::string& name(std::int64_t i) const { return names_[static_cast<std::size_t>(i)]; }
  const std::vector<std::string>& classes() const { return classes_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::vector<Image> images_;
  std::vector<std::int32_t> labels_;
  std::vector<std::string> names_;
  std::vector<std::string> classes_;
};

}  // namespace eigenprop
