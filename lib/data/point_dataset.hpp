#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/hdf5.hpp"
#include "tensor/shape.hpp"

namespace eigenprop {

/// Points with features of any extents, and classes, real-valued targets, or both, in one HDF5 file
/// of format "eigenprop-activations", version 1 (analysis/pack_points.py, pack_coil.py,
/// extract_activations): /features (n, ...); /labels/class (n) and /labels/names; /targets (n, t).
/// Features are read when they are asked for, or at once where they are few.
class PointDataset {
 public:
  /// Throws InputError for a file that is missing, foreign, without points, or whose labels or
  /// targets do not fit them. Features that take up to `kept_bytes` in double precision stay in
  /// memory: rows at random places are slow to read.
  explicit PointDataset(const std::string& path, std::int64_t kept_bytes = 0);

  std::int64_t size() const { return size_; }
  /// Extents of one point's features.
  const Shape& extents() const { return extents_; }
  const std::string& path() const { return file_.path(); }

  /// Classes of all points; empty where there are none.
  const std::vector<std::int32_t>& labels() const { return labels_; }
  const std::vector<std::string>& classes() const { return classes_; }
  /// Targets of all points, (n, target_dimensions), row-major; empty where there are none.
  const std::vector<double>& targets() const { return targets_; }
  std::int64_t target_dimensions() const { return target_dimensions_; }

  /// Features of these points, one after another. Throws NonFiniteError that names a point whose
  /// features are not finite.
  std::vector<double> features(const std::vector<std::int64_t>& points) const;

 private:
  std::vector<double> read(std::int64_t first, std::int64_t count) const;

  H5File file_;
  std::int64_t size_ = 0;
  Shape extents_;
  std::vector<std::int32_t> labels_;
  std::vector<std::string> classes_;
  std::vector<double> targets_;
  std::int64_t target_dimensions_ = 0;
  std::vector<double> kept_;  ///< all features, or empty
};

}  // namespace eigenprop
