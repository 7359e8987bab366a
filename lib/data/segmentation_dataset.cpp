#include "data/segmentation_dataset.hpp"

#include <algorithm>
#include <cstring>

#include "data/packed_spans.hpp"
#include "runtime/index.hpp"

namespace eigenprop {
namespace {

constexpr const char* pixels_name = "/images/pixels";

// Bytes of a label of maps with so many segments.
std::int64_t label_bytes(std::int32_t segments) {
  return segments <= 256 ? 1 : segments <= 65536 ? 2 : 4;
}

// f(zero) with a zero of the type of so many bytes.
template <class F>
void with_label_type(std::int64_t bytes, F&& f) {
  if (bytes == 1) {
    f(std::uint8_t{0});
  } else if (bytes == 2) {
    f(std::uint16_t{0});
  } else {
    f(std::int32_t{0});
  }
}

}  // namespace

SegmentationDataset::SegmentationDataset(const std::string& path, std::int64_t memory_limit)
    : maps_(path, "eigenprop-segmentation"),
      memory_limit_(memory_limit),
      places_(index(maps_.size()), -1) {
  const auto& file = maps_.file();
  file.require_shape(pixels_name, 3);
  file.require_stored(pixels_name);
  file.read<std::uint8_t>(pixels_name, 0, 0);  // wrong kinds show here, not at an image
  const std::int64_t all = file.shape(pixels_name)[0];
  offsets_ = read_spans(file, "/images/offset", index(size()));
  for (std::int64_t i = 0; i < size(); ++i) {
    require(offsets_[index(i) + 1] - offsets_[index(i)] == maps_.pixels(i) &&
                offsets_[index(i) + 1] <= all,
            "file '" + path + "': pixels of image '" + name(i) + "' do not match its size");
  }
}

std::int64_t SegmentationDataset::bytes_of(std::int64_t i) const {
  return maps_.pixels(i) * (3 + people(i) * label_bytes(maps_.most_segments(i)));
}

std::int64_t SegmentationDataset::bytes() const {
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < size(); ++i) sum += bytes_of(i);
  return sum;
}

std::int64_t SegmentationDataset::largest_image() const {
  std::int64_t largest = 0;
  for (std::int64_t i = 0; i < size(); ++i)
    largest = std::max(largest, maps_.pixels(i) * (3 + people(i) * std::int64_t{4}));
  return largest;
}

std::int64_t SegmentationDataset::held() const {
  return std::count_if(places_.begin(), places_.end(),
                       [](std::int64_t place) { return place >= 0; });
}

SegmentedImage SegmentationDataset::image(std::int64_t i) const {
  if (places_[index(i)] >= 0) return held_image(i);
  SegmentedImage image = maps_.image(i);
  image.image.pixels =
      maps_.file().read<std::uint8_t>(pixels_name, offsets_[index(i)], maps_.pixels(i));
  if (static_cast<std::int64_t>(store_.size()) + bytes_of(i) <= memory_limit_) hold(i, image);
  return image;
}

void SegmentationDataset::hold(std::int64_t i, const SegmentedImage& image) const {
  // Pages that nothing is written to take no memory yet, and nothing moves later.
  if (store_.capacity() == 0) store_.reserve(index(std::min(bytes(), memory_limit_)));
  places_[index(i)] = static_cast<std::int64_t>(store_.size());
  store_.insert(store_.end(), image.image.pixels.begin(), image.image.pixels.end());
  with_label_type(label_bytes(maps_.most_segments(i)), [&](auto zero) {
    using T = decltype(zero);
    for (const auto& map : image.segmentations) {
      const std::vector<T> labels(map.labels.begin(), map.labels.end());
      const auto* bytes = reinterpret_cast<const std::uint8_t*>(labels.data());
      store_.insert(store_.end(), bytes, bytes + labels.size() * sizeof(T));
    }
  });
}

SegmentedImage SegmentationDataset::held_image(std::int64_t i) const {
  SegmentedImage image = maps_.outline(i);
  const std::uint8_t* from = store_.data() + places_[index(i)];
  const std::size_t pixels = index(maps_.pixels(i));
  image.image.pixels.assign(from, from + 3 * pixels);
  from += 3 * pixels;
  with_label_type(label_bytes(maps_.most_segments(i)), [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> labels(pixels);
    for (auto& map : image.segmentations) {
      std::memcpy(labels.data(), from, pixels * sizeof(T));
      map.labels.assign(labels.begin(), labels.end());
      from += pixels * sizeof(T);
    }
  });
  return image;
}

}  // namespace eigenprop
