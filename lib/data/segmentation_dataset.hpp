#pragma once

#include <string>
#include <vector>

#include "data/packed_labels.hpp"

namespace eigenprop {

/// Images with human segmentations, packed in one HDF5 file by analysis/pack_bsds.py or
/// analysis/make_scenes.py (format "eigenprop-segmentation", version 1; layout in the README).
///
/// Images are read when they are asked for. The first ones stay in memory, up to a limit, in the
/// narrowest type that holds their labels; the others are read again each time: of images that are
/// asked for in a new order in every epoch, no other choice would be read more rarely. Not for
/// several threads at once.
class SegmentationDataset {
 public:
  /// What is held where nothing else is asked for.
  static constexpr std::int64_t default_memory = std::int64_t{128} << 20;

  /// `memory_limit`: bytes of images that are held. Throws InputError for a file that is missing,
  /// truncated, foreign, or whose index is inconsistent: pixels or label maps of another size than
  /// their image.
  explicit SegmentationDataset(const std::string& path, std::int64_t memory_limit = default_memory);

  std::int64_t size() const { return maps_.size(); }
  const std::string& path() const { return maps_.file().path(); }
  const std::string& name(std::int64_t i) const { return maps_.name(i); }
  int height(std::int64_t i) const { return maps_.height(i); }
  int width(std::int64_t i) const { return maps_.width(i); }
  /// People who have segmented image i.
  std::int64_t people(std::int64_t i) const { return maps_.maps(i); }

  /// Throws InputError that names file and image for labels out of range, and where the file cannot
  /// be read.
  SegmentedImage image(std::int64_t i) const;

  /// Bytes of all images as they are held.
  std::int64_t bytes() const;
  /// Bytes of the largest image as image() returns it.
  std::int64_t largest_image() const;
  /// Images that are held at present.
  std::int64_t held() const;

 private:
  std::int64_t bytes_of(std::int64_t i) const;
  void hold(std::int64_t i, const SegmentedImage& image) const;
  SegmentedImage held_image(std::int64_t i) const;

  LabelMapReader maps_;
  std::vector<std::int64_t> offsets_;  ///< first pixel of each image
  std::int64_t memory_limit_;
  mutable std::vector<std::uint8_t> store_;   ///< images one after another: pixels, then labels
  mutable std::vector<std::int64_t> places_;  ///< of images in store_; -1: not held
};

}  // namespace eigenprop
