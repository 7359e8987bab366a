#pragma once

#include <cstdint>
#include <string>

#include "runtime/communicator.hpp"

namespace eigenprop {

/// A file that rank 0 removes at the end.
class ScratchFile {
 public:
  ScratchFile(std::string path, const Communicator& world)
      : path_(std::move(path)), world_(world) {}
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  const Communicator& world_;
};

/// What a packed data set holds; `copies`: how often all samples stand in it.
struct SyntheticExtents {
  std::int64_t samples = 16;
  std::int64_t height = 120, width = 160;  ///< of images
  std::int64_t features = 64;              ///< of points
  std::int64_t classes = 10;               ///< or segments of an image
  std::int64_t copies = 1;
};

/// Images with one segmentation each (format eigenprop-segmentation): bands with wavy borders, a
/// colour a band, and noise. Rank 0 writes. Throws InputError, alike on all ranks. Collective.
void write_segmented_images(const std::string& path, const SyntheticExtents& extents,
                            const Communicator& world);

/// Images with one class each (format eigenprop-classification): waves whose direction tells the
/// class, and noise. Otherwise as above.
void write_classified_images(const std::string& path, const SyntheticExtents& extents,
                             const Communicator& world);

/// Points around one centre a class (format eigenprop-activations). Otherwise as above.
void write_points(const std::string& path, const SyntheticExtents& extents,
                  const Communicator& world);

}  // namespace eigenprop
