#include "data/segmentation_dataset.hpp"

#include "data/packed_labels.hpp"
#include "data/packed_spans.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {

SegmentationDataset::SegmentationDataset(const std::string& path) : path_(path) {
  const auto file = H5File::open(path);
  file.check_format("eigenprop-segmentation", 1);
  images_ = read_label_maps(file);
  const auto pixels = file.read_table<std::uint8_t>("/images/pixels", 3);
  const auto offsets = read_spans(file, "/images/offset", images_.size());
  for (std::size_t i = 0; i < images_.size(); ++i) {
    auto& image = images_[i].image;
    const std::int64_t count = std::int64_t{image.height} * image.width;
    require(offsets[i + 1] - offsets[i] == count &&
                3 * offsets[i + 1] <= static_cast<std::int64_t>(pixels.size()),
            "file '" + path + "': pixels of image '" + images_[i].name + "' do not match its size");
    image.pixels.assign(pixels.begin() + 3 * offsets[i], pixels.begin() + 3 * offsets[i + 1]);
  }
}

}  // namespace eigenprop
