#include "data/augmentation.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/error.hpp"

namespace eigenprop {

View random_view(const AugmentationSettings& settings, int height, int width,
                 const RandomKey& key) {
  require(settings.long_side > 0 && settings.short_side > 0 && settings.smallest_crop > 0 &&
              settings.smallest_crop <= settings.largest_crop && settings.largest_crop <= 1,
          "augmentation: sides must be positive, and 0 < smallest_crop <= largest_crop <= 1");
  RandomKey own = key;
  own.purpose = RandomPurpose::augmentation;
  const RandomStream stream(own);
  const double share =
      settings.smallest_crop + (settings.largest_crop - settings.smallest_crop) * stream.uniform(0);
  View view;
  view.rectangle.height = share * height;
  view.rectangle.width = share * width;
  view.rectangle.top = stream.uniform(1) * (height - view.rectangle.height);
  view.rectangle.left = stream.uniform(2) * (width - view.rectangle.width);
  view.flip = settings.flip && stream.uniform(3) < 0.5;
  const bool landscape = width >= height;
  view.height = static_cast<int>(landscape ? settings.short_side : settings.long_side);
  view.width = static_cast<int>(landscape ? settings.long_side : settings.short_side);
  return view;
}

View whole_view(std::int64_t long_side, int height, int width) {
  require(long_side > 0, "the longer side of images must be positive");
  const double scale = static_cast<double>(long_side) / std::max(height, width);
  View view;
  view.rectangle = {0, 0, static_cast<double>(height), static_cast<double>(width)};
  view.height = std::max(1, static_cast<int>(std::lround(scale * height)));
  view.width = std::max(1, static_cast<int>(std::lround(scale * width)));
  return view;
}

}  // namespace eigenprop
