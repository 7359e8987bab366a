#include "data/framing.hpp"

#include <algorithm>

namespace eigenprop {

Placement random_placement(const FramingSettings& settings, const RandomKey& key) {
  const RandomStream stream(key);
  const auto shift = [&](std::uint64_t draw) {
    return static_cast<std::int64_t>(
               stream.integer(draw, static_cast<std::uint32_t>(2 * settings.jitter + 1))) -
           settings.jitter;
  };
  Placement placement;
  placement.down = shift(0);
  placement.right = shift(1);
  placement.flip = settings.flip && stream.uniform(2) < 0.5;
  return placement;
}

void append_framed(const Image& image, const PixelSettings& pixels, std::int64_t side,
                   const Placement& placement, std::vector<float>& frames) {
  FloatImage raw{image.height, image.width, 3, {}};
  raw.values.assign(image.pixels.begin(), image.pixels.end());
  const auto values = to_host(normalize(raw, pixels));
  const std::int64_t channels = input_channels(pixels);
  const std::size_t start = frames.size();
  frames.resize(start + static_cast<std::size_t>(side * side * channels), 0.0F);
  // Floor of the halves, so that odd differences go the same way for crops and margins.
  const auto margin = [&](std::int64_t extent) {
    return (side - extent - ((side - extent) & 1)) / 2;
  };
  const std::int64_t top = margin(image.height) + placement.down;
  const std::int64_t left = margin(image.width) + placement.right;
  for (std::int64_t y = std::max<std::int64_t>(0, -top); y < image.height && y + top < side; ++y) {
    for (std::int64_t x = std::max<std::int64_t>(0, -left); x < image.width && x + left < side;
         ++x) {
      const std::int64_t source = placement.flip ? image.width - 1 - x : x;
      const auto from = values.begin() + (y * image.width + source) * channels;
      const std::int64_t target = ((y + top) * side + x + left) * channels;
      std::copy(from, from + channels,
                frames.begin() + static_cast<std::ptrdiff_t>(start) + target);
    }
  }
}

}  // namespace eigenprop
