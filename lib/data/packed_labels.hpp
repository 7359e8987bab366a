#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/image.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {

/// The part that packed data sets and results of the driver `segment` have in common, read image by
/// image: /images/{name,size,offset,first_segmentation} and
/// /segmentations/{labels,offset,segments}, and, where images have contour maps,
/// /contours/{values,offset}, float, (2 height + 1) x (2 width + 1) an image.
class LabelMapReader {
 public:
  /// Opens a file of this format and reads its index. Throws InputError for a file that is missing
  /// or foreign, and where the index contradicts itself, or the labels' number or kind.
  LabelMapReader(const std::string& path, const std::string& format);

  const H5File& file() const { return file_; }
  std::int64_t size() const { return static_cast<std::int64_t>(names_.size()); }
  const std::string& name(std::int64_t i) const { return names_[static_cast<std::size_t>(i)]; }
  int height(std::int64_t i) const { return sizes_[2 * static_cast<std::size_t>(i)]; }
  int width(std::int64_t i) const { return sizes_[2 * static_cast<std::size_t>(i) + 1]; }
  std::int64_t pixels(std::int64_t i) const { return std::int64_t{height(i)} * width(i); }
  /// Label maps of image i.
  std::int64_t maps(std::int64_t i) const;
  /// The largest number of segments of a map of image i; 0 where it has none.
  std::int32_t most_segments(std::int64_t i) const;

  /// Image i with its maps and contours, without pixels. Throws InputError that names file and
  /// image for labels out of range, for contours that are not finite, and where the file cannot be
  /// read.
  SegmentedImage image(std::int64_t i) const;

  /// The same without labels and contours: name, size, and the maps' numbers of segments.
  SegmentedImage outline(std::int64_t i) const;

 private:
  void read_labels(std::int64_t i, std::vector<LabelMap>& maps) const;
  void check_index() const;
  void check_contours();

  H5File file_;
  std::vector<std::string> names_;
  std::vector<std::int32_t> sizes_;     ///< height and width of each image
  std::vector<std::int64_t> first_;     ///< map of each image
  std::vector<std::int64_t> offsets_;   ///< first label of each map
  std::vector<std::int32_t> segments_;  ///< of each map
  std::vector<std::int64_t> contours_;  ///< first value of each image's; empty: no contours
};

/// Writes the same part image by image; labels in 16 bits, or in 32 where a map has 65,536 segments
/// or more.
class LabelMapWriter {
 public:
  /// `labels`, `contours`: of all images together; no contours: there are none. `file` must outlive
  /// this.
  LabelMapWriter(H5File& file, std::int64_t labels, std::int64_t contours);

  /// Throws InputError where a map or the contours are not of their image's size, and where the
  /// file cannot be written.
  void add(const SegmentedImage& image);

  /// Writes the index, when all images have been added. Throws InputError where they were other
  /// numbers of labels or contours than announced.
  void finish();

 private:
  void add_contours(const SegmentedImage& image);
  void flush_labels();
  void flush_contours();
  void widen();

  H5File& file_;
  std::int64_t all_labels_, all_contours_;
  bool wide_ = false;
  std::int64_t labels_written_ = 0, contours_written_ = 0;
  std::vector<std::int32_t> labels_;  ///< not written yet: less than an image and a chunk
  std::vector<float> contours_;
  std::vector<std::string> names_;
  std::vector<std::int32_t> sizes_;
  std::vector<std::int64_t> first_ = {0}, pixel_offsets_ = {0}, offsets_ = {0},
                            contour_offsets_ = {0};
  std::vector<std::int32_t> segments_;
};

/// Writes the same part of images that are all there.
void write_label_maps(H5File& file, const std::vector<SegmentedImage>& images);

}  // namespace eigenprop
