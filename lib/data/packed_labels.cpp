#include "data/packed_labels.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/packed_spans.hpp"

namespace eigenprop {

namespace {

void read_contours(const H5File& file, std::vector<SegmentedImage>& images) {
  const auto values = file.read_list<float>("/contours/values");
  const auto offsets = read_spans(file, "/contours/offset", images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto& image = images[i];
    image.contours = {image.image.height, image.image.width, {}};
    const auto places = std::int64_t{image.contours.rows()} * image.contours.columns();
    const std::string what =
        "file '" + file.path() + "': the contours of image '" + image.name + "'";
    require(offsets[i + 1] - offsets[i] == places &&
                offsets[i + 1] <= static_cast<std::int64_t>(values.size()),
            what + " are not of its double size");
    image.contours.values.assign(values.begin() + offsets[i], values.begin() + offsets[i + 1]);
    const bool finite = std::all_of(image.contours.values.begin(), image.contours.values.end(),
                                    [](double value) { return std::isfinite(value); });
    require(finite, what + " are not finite");
  }
}

void write_contours(H5File& file, const std::vector<SegmentedImage>& images) {
  std::vector<float> values;
  std::vector<std::int64_t> offsets = {0};
  for (const auto& image : images) {
    const auto& contours = image.contours;
    require(contours.height == image.image.height && contours.width == image.image.width &&
                static_cast<std::int64_t>(contours.values.size()) ==
                    std::int64_t{contours.rows()} * contours.columns(),
            "contours of '" + image.name + "' are missing, or of another size");
    for (const double value : contours.values) values.push_back(static_cast<float>(value));
    offsets.push_back(static_cast<std::int64_t>(values.size()));
  }
  file.write("/contours/offset", offsets);
  file.write("/contours/values", values, true);
}

}  // namespace

std::vector<SegmentedImage> read_label_maps(const H5File& file) {
  const auto fail = [&](const std::string& what) {
    throw InputError("file '" + file.path() + "': " + what);
  };
  const auto names = file.read_strings("/images/name");
  const auto sizes = file.read_table<std::int32_t>("/images/size", 2);
  const auto segments = file.read_list<std::int32_t>("/segmentations/segments");
  const auto labels = file.read_list<std::int32_t>("/segmentations/labels");
  const std::size_t n = names.size();
  if (sizes.size() != 2 * n) fail("/images/size does not match the number of names");
  const auto first = read_spans(file, "/images/first_segmentation", n);
  if (first.front() != 0 || first.back() != static_cast<std::int64_t>(segments.size()))
    fail("/images/first_segmentation does not cover all segmentations");
  const auto offsets = read_spans(file, "/segmentations/offset", segments.size());

  std::set<std::string> known;
  std::vector<SegmentedImage> images(n);
  for (std::size_t i = 0; i < n; ++i) {
    auto& image = images[i];
    image.name = names[i];
    image.image.height = sizes[2 * i];
    image.image.width = sizes[2 * i + 1];
    if (image.image.height <= 0 || image.image.width <= 0)
      fail("image '" + image.name + "' has no extent");
    if (!known.insert(image.name).second) fail("two images have the name '" + image.name + "'");
    for (auto s = static_cast<std::size_t>(first[i]); s < static_cast<std::size_t>(first[i + 1]);
         ++s) {
      LabelMap map;
      map.height = image.image.height;
      map.width = image.image.width;
      map.segments = segments[s];
      const std::int64_t count = std::int64_t{map.height} * map.width;
      if (offsets[s + 1] - offsets[s] != count ||
          offsets[s + 1] > static_cast<std::int64_t>(labels.size())) {
        fail("a segmentation of image '" + image.name + "' has " +
             std::to_string(offsets[s + 1] - offsets[s]) + " labels, not " +
             std::to_string(map.height) + " x " + std::to_string(map.width));
      }
      if (map.segments > count)
        fail("a segmentation of image '" + image.name + "' has more segments than pixels");
      map.labels.assign(labels.begin() + offsets[s], labels.begin() + offsets[s + 1]);
      const auto [low, high] = std::minmax_element(map.labels.begin(), map.labels.end());
      if (*low < 0 || *high >= map.segments)
        fail("a segmentation of image '" + image.name + "' has labels outside 0 .. " +
             std::to_string(map.segments - 1));
      image.segmentations.push_back(std::move(map));
    }
  }
  if (file.has("/contours")) read_contours(file, images);
  return images;
}

void write_label_maps(H5File& file, const std::vector<SegmentedImage>& images) {
  std::vector<std::string> names;
  std::vector<std::int32_t> sizes;
  std::vector<std::int64_t> first = {0};
  std::vector<std::int64_t> pixel_offsets = {0};
  std::vector<std::int64_t> offsets = {0};
  std::vector<std::int32_t> segments;
  std::vector<std::int32_t> labels;
  std::int32_t most = 0;
  for (const auto& image : images) {
    names.push_back(image.name);
    sizes.push_back(image.image.height);
    sizes.push_back(image.image.width);
    pixel_offsets.push_back(pixel_offsets.back() +
                            std::int64_t{image.image.height} * image.image.width);
    for (const auto& map : image.segmentations) {
      require(map.height == image.image.height && map.width == image.image.width,
              "segmentation of '" + image.name + "' has another size");
      labels.insert(labels.end(), map.labels.begin(), map.labels.end());
      most = std::max(most, map.segments);
      offsets.push_back(static_cast<std::int64_t>(labels.size()));
      segments.push_back(map.segments);
    }
    first.push_back(static_cast<std::int64_t>(segments.size()));
  }
  file.write_strings("/images/name", names);
  file.write("/images/size", {static_cast<std::int64_t>(names.size()), 2}, sizes.data());
  file.write("/images/offset", pixel_offsets);
  file.write("/images/first_segmentation", first);
  file.write("/segmentations/offset", offsets);
  file.write("/segmentations/segments", segments);
  if (most < 65536) {
    file.write("/segmentations/labels", std::vector<std::uint16_t>(labels.begin(), labels.end()),
               true);
  } else {
    file.write("/segmentations/labels", labels, true);
  }
  const bool any = std::any_of(images.begin(), images.end(), [](const SegmentedImage& image) {
    return !image.contours.values.empty();
  });
  if (any) write_contours(file, images);
}

}  // namespace eigenprop
