#include "data/feature_dataset.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"

namespace eigenprop {

FeatureDataset::FeatureDataset(const std::string& path) : ClassificationSource(path, format) {
  const Shape all = file().shape("/features");
  const std::string what = "file '" + path + "': /features is " + all.text() + ", ";
  require(all.rank() >= 2 && all.rank() <= 4 && all.size() > 0,
          what +
              "not (samples, dimensions), (samples, locations, dimensions) or (samples, height, "
              "width, dimensions)");
  require(all[0] == size(), what + "with classes for " + std::to_string(size()) + " samples");
  file().read<float>("/features", 0, 0);  // wrong kinds of numbers show here, not at a later row
  extents_ = all.rank() == 2   ? Shape{1, 1, all[1]}
             : all.rank() == 3 ? Shape{all[1], 1, all[2]}
                               : Shape{all[1], all[2], all[3]};
}

Shape FeatureDataset::extents(const PixelSettings& /*pixels*/, std::int64_t /*side*/) const {
  return extents_;
}

void FeatureDataset::append(std::int64_t i, const PixelSettings& /*pixels*/, std::int64_t /*side*/,
                            const Placement& /*placement*/, std::vector<float>& values) const {
  const auto features = file().read<float>("/features", i, 1);
  if (!std::all_of(features.begin(), features.end(), [](float x) { return std::isfinite(x); })) {
    throw NonFiniteError("file '" + path() + "': the features of image '" + name(i) +
                         "' are not finite");
  }
  values.insert(values.end(), features.begin(), features.end());
}

}  // namespace eigenprop
