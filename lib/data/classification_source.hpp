#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/framing.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {

/// Samples with one class each, as a classifier takes them: images, or features of images.
class ClassificationSource {
 public:
  virtual ~ClassificationSource() = default;

  std::int64_t size() const { return static_cast<std::int64_t>(labels_.size()); }
  std::int32_t label(std::int64_t i) const { return labels_[static_cast<std::size_t>(i)]; }
  const std::string& name(std::int64_t i) const { return names_[static_cast<std::size_t>(i)]; }
  const std::vector<std::string>& classes() const { return classes_; }
  const std::string& path() const { return file_.path(); }

  /// Extents of every sample at the network's input, (height, width, channels). Images take those
  /// of the frame of side x side pixels; features have their own.
  virtual Shape extents(const PixelSettings& pixels, std::int64_t side) const = 0;

  /// Bytes that are held of all samples, where the limit allows them.
  virtual std::int64_t bytes() const { return 0; }

  /// Appends sample i to `values`, row-major, channels last: images as append_framed() has it,
  /// features as they are. Throws InputError where the file cannot be read, NonFiniteError that
  /// names the image where features are not finite.
  virtual void append(std::int64_t i, const PixelSettings& pixels, std::int64_t side,
                      const Placement& placement, std::vector<float>& values) const = 0;

 protected:
  /// Opens the file and reads /labels and /images/name; where there are no names, samples are
  /// called by their numbers. Throws InputError for a file that is missing, foreign, or without
  /// labels, and for a label that is no class.
  ClassificationSource(const std::string& path, const std::string& format);

  const H5File& file() const { return file_; }

 private:
  H5File file_;
  std::vector<std::int32_t> labels_;
  std::vector<std::string> names_;
  std::vector<std::string> classes_;
};

/// The ClassificationDataset (which takes the limit) or FeatureDataset of a file, by its format.
std::unique_ptr<ClassificationSource> open_classification_source(
    const std::string& path, std::int64_t memory_limit = std::int64_t{2} << 30);

}  // namespace eigenprop
