#include "data/point_dataset.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"
#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

Shape without_first(const Shape& shape) {
  switch (shape.rank()) {
    case 2:
      return {shape[1]};
    case 3:
      return {shape[1], shape[2]};
    default:
      return {shape[1], shape[2], shape[3]};
  }
}

}  // namespace

PointDataset::PointDataset(const std::string& path, std::int64_t kept_bytes)
    : file_(H5File::open(path)) {
  file_.check_format("eigenprop-activations", 1);
  const std::string what = "file '" + path + "': ";
  const Shape shape = file_.shape("/features");
  require(shape.rank() >= 2 && shape.rank() <= 4 && shape.size() > 0,
          what + "/features must be (points, ...) with one to three extents a point, not " +
              shape.text());
  file_.read<double>("/features", 0, 0);  // wrong kinds of numbers show here, not at a later row
  size_ = shape[0];
  extents_ = without_first(shape);
  if (file_.has("/labels/class")) {
    labels_ = file_.read_list<std::int32_t>("/labels/class");
    classes_ = file_.read_strings("/labels/names");
    require(!classes_.empty(), what + "/labels/names is empty");
    require(
        static_cast<std::int64_t>(labels_.size()) == size_,
        what + std::to_string(labels_.size()) + " classes of " + std::to_string(size_) + " points");
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      require(labels_[i] >= 0 && labels_[i] < static_cast<std::int32_t>(classes_.size()),
              what + "point " + std::to_string(i) + " has class " + std::to_string(labels_[i]) +
                  "; there are classes 0 to " + std::to_string(classes_.size() - 1));
    }
  }
  if (file_.has("/targets")) {
    const Shape targets = file_.shape("/targets");
    require(targets.rank() == 2 && targets[0] == size_ && targets[1] > 0,
            what + "/targets are " + targets.text() + " for " + std::to_string(size_) + " points");
    target_dimensions_ = targets[1];
    targets_ = file_.read<double>("/targets");
    const auto wrong = std::find_if(targets_.begin(), targets_.end(),
                                    [](double value) { return !std::isfinite(value); });
    require(wrong == targets_.end(),
            what + "the target of point " +
                std::to_string((wrong - targets_.begin()) / target_dimensions_) + " is not finite");
  }
  if (shape.size() * static_cast<std::int64_t>(sizeof(double)) <= kept_bytes)
    kept_ = file_.read<double>("/features");
}

std::vector<double> PointDataset::read(std::int64_t first, std::int64_t count) const {
  if (kept_.empty()) return file_.read<double>("/features", first, count);
  const auto begin = kept_.begin() + first * extents_.size();
  return {begin, begin + count * extents_.size()};
}

std::vector<double> PointDataset::features(const std::vector<std::int64_t>& points) const {
  const PhaseScope scope(Phase::input);
  const std::int64_t width = extents_.size();
  std::vector<double> all;
  all.reserve(points.size() * static_cast<std::size_t>(width));
  for (std::size_t i = 0; i < points.size();) {
    // Neighbours in the file are read at once.
    std::size_t end = i + 1;
    while (end < points.size() && points[end] == points[end - 1] + 1) ++end;
    const auto rows = read(points[i], static_cast<std::int64_t>(end - i));
    all.insert(all.end(), rows.begin(), rows.end());
    i = end;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!std::isfinite(all[i])) {
      throw NonFiniteError("file '" + path() + "': features of point " +
                           std::to_string(points[i / static_cast<std::size_t>(width)]) +
                           " are not finite");
    }
  }
  return all;
}

}  // namespace eigenprop
