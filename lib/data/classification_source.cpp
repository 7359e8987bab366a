#include "data/classification_source.hpp"

#include "data/classification_dataset.hpp"
#include "data/feature_dataset.hpp"
#include "runtime/error.hpp"

namespace eigenprop {

ClassificationSource::ClassificationSource(const std::string& path, const std::string& format)
    : file_(H5File::open(path)) {
  file_.check_format(format, 1);
  const std::string what = "file '" + path + "': ";
  require(file_.has("/labels/class") && file_.has("/labels/names"),
          what + "it has no labels; a classifier needs /labels/class and /labels/names");
  labels_ = file_.read_list<std::int32_t>("/labels/class");
  classes_ = file_.read_strings("/labels/names");
  require(!classes_.empty(), what + "/labels/names is empty");
  if (file_.has("/images/name")) {
    names_ = file_.read_strings("/images/name");
  } else {
    for (std::size_t i = 0; i < labels_.size(); ++i) names_.push_back(std::to_string(i));
  }
  require(names_.size() == labels_.size(), what + std::to_string(names_.size()) + " names and " +
                                               std::to_string(labels_.size()) + " classes");
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    require(labels_[i] >= 0 && labels_[i] < static_cast<std::int32_t>(classes_.size()),
            what + "image '" + names_[i] + "' has class " + std::to_string(labels_[i]) +
                "; there are classes 0 to " + std::to_string(classes_.size() - 1));
  }
}

std::unique_ptr<ClassificationSource> open_classification_source(const std::string& path,
                                                                 std::int64_t memory_limit) {
  const auto format = H5File::open(path).string_attribute("/", "format");
  if (format == FeatureDataset::format) return std::make_unique<FeatureDataset>(path);
  return std::make_unique<ClassificationDataset>(path, memory_limit);
}

}  // namespace eigenprop
