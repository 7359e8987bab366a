#include "data/augmentation.hpp"

#include <algorithm>
#include <cmath>

#include "data/rotation.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

View random_view(const AugmentationSettings& settings, int height, int width,
                 const RandomKey& key) {
  require(settings.long_side > 0 && settings.short_side > 0 && settings.smallest_crop > 0 &&
              settings.smallest_crop <= settings.largest_crop && settings.largest_crop <= 1,
          "augmentation: sides must be positive, and 0 < smallest_crop <= largest_crop <= 1");
  require(settings.rotation >= 0 && settings.rotation <= 180 && settings.colour >= 0 &&
              settings.colour < 1,
          "augmentation: rotation must lie in 0 .. 180 degrees, and 0 <= colour < 1");
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
  const auto around_zero = [&](std::uint64_t draw, double largest) {
    return largest > 0 ? largest * (2 * stream.uniform(draw) - 1) : 0;
  };
  view.degrees = around_zero(4, settings.rotation);
  view.colour = {1 + around_zero(5, settings.colour), 1 + around_zero(6, settings.colour),
                 1 + around_zero(7, settings.colour)};
  const bool landscape = width >= height;
  view.height = static_cast<int>(landscape ? settings.short_side : settings.long_side);
  view.width = static_cast<int>(landscape ? settings.long_side : settings.short_side);
  return view;
}

FloatImage seen(const Image& image, const View& view) {
  if (view.degrees != 0) {
    View rest = view;
    rest.degrees = 0;
    return seen(rotated(image, view.degrees), rest);
  }
  auto result = resample(image, view.rectangle, view.height, view.width, view.flip);
  change_colours(result, view.colour);
  return result;
}

LabelMap seen(const LabelMap& map, const View& view, int height, int width) {
  if (view.degrees != 0)
    return resample(rotated(map, view.degrees), view.rectangle, height, width, view.flip);
  return resample(map, view.rectangle, height, width, view.flip);
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
