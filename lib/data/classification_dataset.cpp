#include "data/classification_dataset.hpp"

#include "data/packed_spans.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

ClassificationDataset::ClassificationDataset(const std::string& path, std::int64_t memory_limit)
    : ClassificationSource(path, format),
      sizes_(file().read_table<std::int32_t>("/images/size", 2)) {
  const std::string what = "file '" + path + "': ";
  file().require_shape("/images/pixels", 3);
  const Shape all = file().shape("/images/pixels");
  const auto count = static_cast<std::size_t>(size());
  require(sizes_.size() == 2 * count, what + "/images/size has " +
                                          std::to_string(sizes_.size() / 2) + " rows for " +
                                          std::to_string(count) + " images");
  offsets_ = read_spans(file(), "/images/offset", count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t height = sizes_[2 * i];
    const std::int64_t width = sizes_[2 * i + 1];
    require(height > 0 && width > 0 && offsets_[i + 1] - offsets_[i] == height * width &&
                offsets_[i + 1] <= all[0],
            what + "pixels of image '" + name(static_cast<std::int64_t>(i)) +
                "' do not match its size");
  }
  file().read<std::uint8_t>("/images/pixels", 0, 0);  // wrong kinds show here, not at an image
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

std::int64_t ClassificationDataset::bytes() const { return file().shape("/images/pixels").size(); }

Shape ClassificationDataset::extents(const PixelSettings& pixels, std::int64_t side) const {
  return {side, side, input_channels(pixels)};
}

void ClassificationDataset::append(std::int64_t i, const PixelSettings& pixels, std::int64_t side,
                                   const Placement& placement, std::vector<float>& values) const {
  append_framed(image(i), pixels, side, placement, values);
}

}  // namespace eigenprop
