#include "data/classification_dataset.hpp"

#include "runtime/error.hpp"

namespace eigenprop {

ClassificationDataset::ClassificationDataset(const std::string& path, std::int64_t memory_limit)
    : ClassificationSource(path, format),
      sizes_(file().read<std::int32_t>("/images/size")),
      offsets_(file().read<std::int64_t>("/images/offset")) {
  const std::string what = "file '" + path + "': ";
  const Shape all = file().shape("/images/pixels");
  require(all.rank() == 2 && all[1] == 3,
          what + "/images/pixels is " + all.text() + ", not pixels of three channels");
  const auto count = static_cast<std::size_t>(size());
  require(sizes_.size() == 2 * count && offsets_.size() == count + 1,
          what + "sizes and offsets do not fit " + std::to_string(count) + " images");
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t height = sizes_[2 * i];
    const std::int64_t width = sizes_[2 * i + 1];
    require(height > 0 && width > 0 && offsets_[i] >= 0 &&
                offsets_[i + 1] - offsets_[i] == height * width && offsets_[i + 1] <= all[0],
            what + "pixels of image '" + name(static_cast<std::int64_t>(i)) +
                "' do not match its size");
  }
  if (all.size() <= memory_limit) pixels_ = file().read<std::uint8_t>("/images/pixels");
}

Image ClassificationDataset::image(std::int64_t i) const {
  const auto at = static_cast<std::size_t>(i);
  Image image{sizes_[2 * at], sizes_[2 * at + 1], {}};
  if (pixels_.empty()) {
    image.pixels =
        file().read<std::uint8_t>("/images/pixels", offsets_[at], offsets_[at + 1] - offsets_[at]);
  } else {
    image.pixels.assign(pixels_.begin() + 3 * offsets_[at], pixels_.begin() + 3 * offsets_[at + 1]);
  }
  return image;
}

Shape ClassificationDataset::extents(const PixelSettings& pixels, std::int64_t side) const {
  return {side, side, input_channels(pixels)};
}

void ClassificationDataset::append(std::int64_t i, const PixelSettings& pixels, std::int64_t side,
                                   const Placement& placement, std::vector<float>& values) const {
  append_framed(image(i), pixels, side, placement, values);
}

}  // namespace eigenprop
