#include "data/classification_dataset.hpp"

#include "runtime/error.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {

ClassificationDataset::ClassificationDataset(const std::string& path) : path_(path) {
  const auto file = H5File::open(path);
  file.check_format("eigenprop-classification", 1);
  const std::string what = "file '" + path + "': ";
  const auto sizes = file.read<std::int32_t>("/images/size");
  const auto offsets = file.read<std::int64_t>("/images/offset");
  const auto pixels = file.read<std::uint8_t>("/images/pixels");
  names_ = file.read_strings("/images/name");
  labels_ = file.read<std::int32_t>("/labels/class");
  classes_ = file.read_strings("/labels/names");
  const std::size_t count = names_.size();
  require(sizes.size() == 2 * count && offsets.size() == count + 1 && labels_.size() == count,
          what + "sizes, offsets and classes do not fit " + std::to_string(count) + " images");
  images_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto& image = images_[i];
    image.height = sizes[2 * i];
    image.width = sizes[2 * i + 1];
    require(image.height > 0 && image.width > 0 && offsets[i] >= 0 &&
                offsets[i + 1] - offsets[i] == std::int64_t{image.height} * image.width &&
                3 * offsets[i + 1] <= static_cast<std::int64_t>(pixels.size()),
            what + "pixels of image '" + names_[i] + "' do not match its size");
    image.pixels.assign(pixels.begin() + 3 * offsets[i], pixels.begin() + 3 * offsets[i + 1]);
    require(labels_[i] >= 0 && labels_[i] < static_cast<std::int32_t>(classes_.size()),
            what + "image '" + names_[i] + "' has class " + std::to_string(labels_[i]) +
                "; there are classes 0 to " + std::to_string(classes_.size() - 1));
  }
}

}  // namespace eigenprop
