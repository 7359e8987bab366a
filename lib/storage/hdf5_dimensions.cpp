#include <hdf5_hl.h>

#include <cstdio>

#include "storage/array_descriptions.hpp"
#include "storage/hdf5.hpp"
#include "storage/hdf5_scales.hpp"

namespace eigenprop {
namespace {

std::string group_of(const std::string& dataset) { return dataset.substr(0, dataset.rfind('/')); }

}  // namespace

bool is_scale_without_values(hid_t file, const std::string& name) {
  const H5Handle object(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
  if (H5Iget_type(object.get()) != H5I_DATASET || H5DSis_scale(object.get()) <= 0) return false;
  char text[scale_without_values.size() + 1] = {};
  H5DSget_scale_name(object.get(), text, sizeof text);
  return text == scale_without_values;
}

H5Handle H5File::dimension_scale(const std::string& name, std::int64_t extent) {
  if (!has(name)) {
    // Contiguous and never written: it takes no place.
    create_dataset(name, H5T_IEEE_F32BE, {extent}, Layout::plain);
    char length[16];
    std::snprintf(length, sizeof length, "%10lld", static_cast<long long>(extent));
    check(H5DSset_scale(dataset(name).get(), (std::string(scale_without_values) + length).c_str()),
          "'" + name + "' cannot become a dimension scale");
  }
  if (shape(name) != Shape{extent}) {
    fail("dimension '" + name + "' has " + shape(name).text() + " values, not " +
         std::to_string(extent));
  }
  auto scale = dataset(name);
  if (H5DSis_scale(scale.get()) <= 0) {
    check(H5DSset_scale(scale.get(), name.substr(name.rfind('/') + 1).c_str()),
          "'" + name + "' cannot become a dimension scale");
  }
  return scale;
}

void H5File::name_dimensions(const std::string& name, const std::vector<std::string>& names) {
  const Shape extents = shape(name);
  require(static_cast<int>(names.size()) == extents.rank(),
          "dataset '" + name + "' needs one name a dimension");
  const auto handle = dataset(name);
  for (int i = 0; i < extents.rank(); ++i) {
    const std::string path = group_of(name) + "/" + names[static_cast<std::size_t>(i)];
    const auto scale = dimension_scale(path, extents[i]);
    if (path == name) continue;
    check(H5DSattach_scale(handle.get(), scale.get(), static_cast<unsigned>(i)),
          "dimension '" + path + "' cannot be given to '" + name + "'");
  }
}

void H5File::describe(const std::string& name, const std::string& long_name,
                      const std::string& units) {
  set_attribute(name, "long_name", long_name);
  if (!units.empty()) set_attribute(name, "units", units);
}

void describe_arrays(H5File& file, const std::vector<ArrayDescription>& arrays) {
  for (const auto& array : arrays) {
    if (!file.has(array.dataset)) continue;
    file.name_dimensions(array.dataset, array.dimensions);
    file.describe(array.dataset, array.long_name, array.units);
  }
}

}  // namespace eigenprop
