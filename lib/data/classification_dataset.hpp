#pragma once

#include <string>
#include <vector>

#include "data/classification_source.hpp"
#include "data/image.hpp"

namespace eigenprop {

/// Images with one class each, packed in one HDF5 file by analysis/pack_cifar.py or
/// analysis/pack_coco.py (format "eigenprop-classification", version 1; layout in
/// analysis/classification_data.py).
class ClassificationDataset : public ClassificationSource {
 public:
  static constexpr const char* format = "eigenprop-classification";

  /// Up to `memory_limit` bytes of pixels are held in memory (CIFAR-10 takes 0.2 GiB); of larger
  /// files (COCO's 600,000 objects take 86 GiB) images are read when they are asked for. Throws
  /// InputError for a file that is missing, truncated, foreign, or inconsistent: pixels that do not
  /// match the images' sizes, a label that is no class.
  explicit ClassificationDataset(const std::string& path,
                                 std::int64_t memory_limit = std::int64_t{2} << 30);

  Image image(std::int64_t i) const;

  std::int64_t bytes() const override;
  Shape extents(const PixelSettings& pixels, std::int64_t side) const override;
  void append(std::int64_t i, const PixelSettings& pixels, std::int64_t side,
              const Placement& placement, std::vector<float>& values) const override;

 private:
  std::vector<std::int32_t> sizes_;    ///< height and width of each image
  std::vector<std::int64_t> offsets_;  ///< first pixel of each image
  std::vector<std::uint8_t> pixels_;   ///< of all images, or empty: they stay in the file
};

}  // namespace eigenprop
