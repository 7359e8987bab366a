#include "scaling/synthetic_data.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "data/packed_labels.hpp"
#include "runtime/random.hpp"
#include "runtime/together.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {
namespace {

RandomStream stream_of(std::int64_t sample) {
  return RandomStream(RandomKey{1, RandomPurpose::test, 0, static_cast<std::uint32_t>(sample), 0});
}

void write_by_root(const std::string& path, const char* format, const Communicator& world,
                   const std::function<void(H5File&)>& fill) {
  together(world, [&] {
    if (!world.is_root()) return;
    auto file = H5File::create(path);
    file.set_format(format, 1);
    fill(file);
    file.close();
  });
}

std::uint8_t pixel_of(double value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
}

std::string name_of(std::int64_t sample) { return "image " + std::to_string(sample); }

std::vector<std::string> class_names(std::int64_t classes) {
  std::vector<std::string> names;
  for (std::int64_t c = 0; c < classes; ++c) names.push_back("class " + std::to_string(c));
  return names;
}

SegmentedImage banded_image(std::int64_t sample, const SyntheticExtents& e) {
  const auto stream = stream_of(sample);
  SegmentedImage image;
  image.name = name_of(sample);
  image.image = {static_cast<int>(e.height), static_cast<int>(e.width), {}};
  LabelMap map{
      static_cast<int>(e.height), static_cast<int>(e.width), static_cast<int>(e.classes), {}};
  const double phase = 6 * stream.uniform(0);
  for (std::int64_t i = 0; i < e.height * e.width; ++i) {
    const std::int64_t row = i / e.width, column = i % e.width;
    const double x = static_cast<double>(column) / static_cast<double>(e.width);
    const double y = static_cast<double>(row) / static_cast<double>(e.height);
    const double place = std::clamp(x + 0.05 * std::sin(9 * y + phase), 0.0, 0.999);
    const auto band = static_cast<std::int32_t>(place * static_cast<double>(e.classes));
    map.labels.push_back(band);
    for (int c = 0; c < 3; ++c) {
      const double colour = 128 + 100 * std::sin(2.1 * band * (c + 1) + phase);
      image.image.pixels.push_back(
          pixel_of(colour + 20 * stream.normal(static_cast<std::uint64_t>(3 * i + c + 1))));
    }
  }
  image.segmentations = {map};
  return image;
}

}  // namespace

ScratchFile::~ScratchFile() {
  if (world_.is_root()) unlink(path_.c_str());
}

void write_segmented_images(const std::string& path, const SyntheticExtents& e,
                            const Communicator& world) {
  write_by_root(path, "eigenprop-segmentation", world, [&](H5File& file) {
    std::vector<SegmentedImage> images;
    std::vector<std::uint8_t> pixels;
    for (std::int64_t i = 0; i < e.samples * e.copies; ++i) {
      images.push_back(i < e.samples ? banded_image(i, e)
                                     : images[static_cast<std::size_t>(i % e.samples)]);
      images.back().name = name_of(i);
      const auto& own = images.back().image.pixels;
      pixels.insert(pixels.end(), own.begin(), own.end());
    }
    write_label_maps(file, images);
    file.write("/images/pixels", {static_cast<std::int64_t>(pixels.size() / 3), 3}, pixels.data());
  });
}

void write_classified_images(const std::string& path, const SyntheticExtents& e,
                             const Communicator& world) {
  write_by_root(path, "eigenprop-classification", world, [&](H5File& file) {
    std::vector<std::uint8_t> pixels;
    std::vector<std::int32_t> sizes, classes;
    std::vector<std::int64_t> offsets = {0};
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < e.samples * e.copies; ++i) {
      const std::int64_t sample = i % e.samples;
      const auto stream = stream_of(sample);
      const auto of_class = static_cast<std::int32_t>(sample % e.classes);
      const double angle = 3.1 * of_class / static_cast<double>(e.classes);
      for (std::int64_t p = 0; p < e.height * e.width; ++p) {
        const std::int64_t row = p / e.width, column = p % e.width;
        const auto x = static_cast<double>(column), y = static_cast<double>(row);
        const double wave = std::sin(0.7 * (x * std::cos(angle) + y * std::sin(angle)));
        for (int c = 0; c < 3; ++c)
          pixels.push_back(pixel_of(128 + 60 * wave +
                                    30 * stream.normal(static_cast<std::uint64_t>(3 * p + c))));
      }
      sizes.insert(sizes.end(),
                   {static_cast<std::int32_t>(e.height), static_cast<std::int32_t>(e.width)});
      offsets.push_back(static_cast<std::int64_t>(pixels.size() / 3));
      classes.push_back(of_class);
      names.push_back(name_of(i));
    }
    file.write("/images/pixels", {offsets.back(), 3}, pixels.data());
    file.write("/images/size", {e.samples * e.copies, 2}, sizes.data());
    file.write("/images/offset", offsets);
    file.write_strings("/images/name", names);
    file.write("/labels/class", classes);
    file.write_strings("/labels/names", class_names(e.classes));
  });
}

void write_points(const std::string& path, const SyntheticExtents& e, const Communicator& world) {
  write_by_root(path, "eigenprop-activations", world, [&](H5File& file) {
    std::vector<double> features;
    std::vector<std::int32_t> classes;
    for (std::int64_t i = 0; i < e.samples * e.copies; ++i) {
      const auto stream = stream_of(i % e.samples);
      const auto of_class = static_cast<std::int32_t>(i % e.samples % e.classes);
      classes.push_back(of_class);
      for (std::int64_t j = 0; j < e.features; ++j) {
        const double centre = j % e.classes == of_class ? 1 : 0;
        features.push_back(centre + stream.normal(static_cast<std::uint64_t>(j)));
      }
    }
    file.write("/features", {e.samples * e.copies, e.features}, features.data());
    file.write("/labels/class", classes);
    file.write_strings("/labels/names", class_names(e.classes));
  });
}

}  // namespace eigenprop
