#pragma once

#include <hdf5.h>

#include <string>
#include <string_view>

namespace eigenprop {

/// How netCDF-4 marks a dimension that no variable is the coordinate of: the length follows.
constexpr std::string_view scale_without_values =
    "This is a netCDF dimension but not a netCDF variable.";

/// True for a dataset of that mark.
bool is_scale_without_values(hid_t file, const std::string& name);

}  // namespace eigenprop
