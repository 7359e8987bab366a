#include "data/packed_labels.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "data/packed_spans.hpp"
#include "runtime/index.hpp"

namespace eigenprop {

namespace {

H5File open(const std::string& path, const std::string& format) {
  auto file = H5File::open(path);
  file.check_format(format, 1);
  return file;
}

// Whole chunks are written, so that none is compressed twice.
constexpr std::int64_t chunk = H5File::chunk_elements;

// How many of the values that are there to write, of `total`, `written` of which are.
std::int64_t due(std::size_t there, std::int64_t written, std::int64_t total) {
  const auto count = static_cast<std::int64_t>(there);
  return written + count == total ? count : count / chunk * chunk;
}

std::int64_t contour_places(const SegmentedImage& image) {
  const ContourMap map{image.image.height, image.image.width, {}};
  return std::int64_t{map.rows()} * map.columns();
}

}  // namespace

LabelMapReader::LabelMapReader(const std::string& path, const std::string& format)
    : file_(open(path, format)),
      names_(file_.read_strings("/images/name")),
      sizes_(file_.read_table<std::int32_t>("/images/size", 2)),
      first_(read_spans(file_, "/images/first_segmentation", names_.size())),
      segments_(file_.read_list<std::int32_t>("/segmentations/segments")) {
  offsets_ = read_spans(file_, "/segmentations/offset", segments_.size());
  check_index();
  if (file_.has("/contours")) check_contours();
}

void LabelMapReader::check_index() const {
  const std::string what = "file '" + file_.path() + "': ";
  file_.require_shape("/segmentations/labels", 0);
  file_.require_stored("/segmentations/labels");
  // Wrong kinds show here, not at an image.
  file_.read<std::int32_t>("/segmentations/labels", 0, 0);
  const std::int64_t labels = file_.shape("/segmentations/labels")[0];
  require(sizes_.size() == 2 * names_.size(),
          what + "/images/size does not match the number of names");
  require(first_.front() == 0 && first_.back() == static_cast<std::int64_t>(segments_.size()),
          what + "/images/first_segmentation does not cover all segmentations");
  std::set<std::string> known;
  for (std::int64_t i = 0; i < size(); ++i) {
    const std::string image = "image '" + name(i) + "'";
    require(height(i) > 0 && width(i) > 0, what + image + " has no extent");
    require(known.insert(name(i)).second, what + "two images have the name '" + name(i) + "'");
    for (auto s = index(first_[index(i)]); s < index(first_[index(i) + 1]); ++s) {
      const std::int64_t count = offsets_[s + 1] - offsets_[s];
      require(count == pixels(i) && offsets_[s + 1] <= labels,
              what + "a segmentation of " + image + " has " + std::to_string(count) +
                  " labels, not " + std::to_string(height(i)) + " x " + std::to_string(width(i)));
      require(segments_[s] <= count,
              what + "a segmentation of " + image + " has more segments than pixels");
    }
  }
}

void LabelMapReader::check_contours() {
  file_.require_shape("/contours/values", 0);
  file_.require_stored("/contours/values");
  file_.read<float>("/contours/values", 0, 0);
  const std::int64_t values = file_.shape("/contours/values")[0];
  contours_ = read_spans(file_, "/contours/offset", names_.size());
  for (std::int64_t i = 0; i < size(); ++i) {
    const ContourMap map{height(i), width(i), {}};
    require(
        contours_[index(i) + 1] - contours_[index(i)] == std::int64_t{map.rows()} * map.columns() &&
            contours_[index(i) + 1] <= values,
        "file '" + file_.path() + "': the contours of image '" + name(i) +
            "' are not of its double size");
  }
}

std::int64_t LabelMapReader::maps(std::int64_t i) const {
  return first_[index(i) + 1] - first_[index(i)];
}

std::int32_t LabelMapReader::most_segments(std::int64_t i) const {
  std::int32_t most = 0;
  for (auto s = index(first_[index(i)]); s < index(first_[index(i) + 1]); ++s)
    most = std::max(most, segments_[s]);
  return most;
}

SegmentedImage LabelMapReader::outline(std::int64_t i) const {
  SegmentedImage image{name(i), {height(i), width(i), {}}, {}, {}};
  for (auto s = index(first_[index(i)]); s < index(first_[index(i) + 1]); ++s)
    image.segmentations.push_back({height(i), width(i), segments_[s], {}});
  return image;
}

// All maps of an image at once, which lie side by side, and in 16 bits where that is enough, which
// HDF5 need not convert then.
void LabelMapReader::read_labels(std::int64_t i, std::vector<LabelMap>& maps) const {
  const std::int64_t first = offsets_[index(first_[index(i)])];
  const auto read = [&](auto zero) {
    const auto labels = file_.read<decltype(zero)>(
        "/segmentations/labels", first, static_cast<std::int64_t>(maps.size()) * pixels(i));
    auto from = labels.begin();
    for (auto& map : maps) {
      map.labels.assign(from, from + pixels(i));
      from += pixels(i);
    }
  };
  if (most_segments(i) <= 65536) {
    read(std::uint16_t{0});
  } else {
    read(std::int32_t{0});
  }
}

SegmentedImage LabelMapReader::image(std::int64_t i) const {
  const std::string what = "file '" + file_.path() + "': ";
  SegmentedImage image = outline(i);
  read_labels(i, image.segmentations);
  for (const auto& map : image.segmentations) {
    const auto [low, high] = std::minmax_element(map.labels.begin(), map.labels.end());
    require(*low >= 0 && *high < map.segments, what + "a segmentation of image '" + image.name +
                                                   "' has labels outside 0 .. " +
                                                   std::to_string(map.segments - 1));
  }
  if (contours_.empty()) return image;
  const auto values = file_.read<float>("/contours/values", contours_[index(i)],
                                        contours_[index(i) + 1] - contours_[index(i)]);
  require(std::all_of(values.begin(), values.end(), [](float x) { return std::isfinite(x); }),
          what + "the contours of image '" + image.name + "' are not finite");
  image.contours = {height(i), width(i), {values.begin(), values.end()}};
  return image;
}

LabelMapWriter::LabelMapWriter(H5File& file, std::int64_t labels, std::int64_t contours)
    : file_(file), all_labels_(labels), all_contours_(contours) {
  file_.create_compressed<std::uint16_t>("/segmentations/labels", {labels});
  if (contours > 0) file_.create_compressed<float>("/contours/values", {contours});
}

void LabelMapWriter::add(const SegmentedImage& image) {
  names_.push_back(image.name);
  sizes_.insert(sizes_.end(), {image.image.height, image.image.width});
  pixel_offsets_.push_back(pixel_offsets_.back() +
                           std::int64_t{image.image.height} * image.image.width);
  for (const auto& map : image.segmentations) {
    require(map.height == image.image.height && map.width == image.image.width,
            "segmentation of '" + image.name + "' has another size");
    if (map.segments > 65535 && !wide_) widen();
    labels_.insert(labels_.end(), map.labels.begin(), map.labels.end());
    offsets_.push_back(offsets_.back() + static_cast<std::int64_t>(map.labels.size()));
    segments_.push_back(map.segments);
    flush_labels();
  }
  first_.push_back(static_cast<std::int64_t>(segments_.size()));
  if (all_contours_ > 0 || !image.contours.values.empty()) add_contours(image);
}

void LabelMapWriter::add_contours(const SegmentedImage& image) {
  const auto& contours = image.contours;
  require(all_contours_ > 0 && contours.height == image.image.height &&
              contours.width == image.image.width &&
              static_cast<std::int64_t>(contours.values.size()) == contour_places(image),
          "contours of '" + image.name + "' are missing, or of another size");
  for (const double value : contours.values) contours_.push_back(static_cast<float>(value));
  contour_offsets_.push_back(contour_offsets_.back() + contour_places(image));
  flush_contours();
}

void LabelMapWriter::flush_labels() {
  const std::int64_t count = due(labels_.size(), labels_written_, all_labels_);
  if (count == 0) return;
  require(labels_written_ + count <= all_labels_, "more labels than announced");
  if (wide_) {
    file_.write_rows("/segmentations/labels", labels_written_, count, labels_.data());
  } else {
    const std::vector<std::uint16_t> narrow(labels_.begin(), labels_.begin() + count);
    file_.write_rows("/segmentations/labels", labels_written_, count, narrow.data());
  }
  labels_.erase(labels_.begin(), labels_.begin() + count);
  labels_written_ += count;
}

void LabelMapWriter::flush_contours() {
  const std::int64_t count = due(contours_.size(), contours_written_, all_contours_);
  if (count == 0) return;
  require(contours_written_ + count <= all_contours_, "more contours than announced");
  file_.write_rows("/contours/values", contours_written_, count, contours_.data());
  contours_.erase(contours_.begin(), contours_.begin() + count);
  contours_written_ += count;
}

// What has been written in 16 bits is written again in 32.
void LabelMapWriter::widen() {
  const auto written = file_.read<std::int32_t>("/segmentations/labels", 0, labels_written_);
  file_.remove("/segmentations/labels");
  file_.create_compressed<std::int32_t>("/segmentations/labels", {all_labels_});
  file_.write_rows("/segmentations/labels", 0, labels_written_, written.data());
  wide_ = true;
}

void LabelMapWriter::finish() {
  require(labels_written_ == all_labels_ && contours_written_ == all_contours_,
          "fewer labels or contours than announced");
  file_.write_strings("/images/name", names_);
  file_.write("/images/size", {static_cast<std::int64_t>(names_.size()), 2}, sizes_.data());
  file_.write("/images/offset", pixel_offsets_);
  file_.write("/images/first_segmentation", first_);
  file_.write("/segmentations/offset", offsets_);
  file_.write("/segmentations/segments", segments_);
  if (all_contours_ > 0) file_.write("/contours/offset", contour_offsets_);
}

void write_label_maps(H5File& file, const std::vector<SegmentedImage>& images) {
  std::int64_t labels = 0, contours = 0;
  for (const auto& image : images) {
    for (const auto& map : image.segmentations)
      labels += static_cast<std::int64_t>(map.labels.size());
    if (!image.contours.values.empty()) contours += contour_places(image);
  }
  LabelMapWriter writer(file, labels, contours);
  for (const auto& image : images) writer.add(image);
  writer.finish();
}

}  // namespace eigenprop
