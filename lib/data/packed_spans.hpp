#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/hdf5.hpp"

namespace eigenprop {

/// Dataset `name` of a packed file, (items + 1): item i stands at rows [i] ... [i + 1] - 1 of
/// another dataset. Throws InputError unless the places ascend from 0 or more to 2^59 or less, so
/// that differences, and products with channels, cannot overflow. Whether the other dataset has so
/// many rows is for the caller to check.
std::vector<std::int64_t> read_spans(const H5File& file, const std::string& name,
                                     std::size_t items);

}  // namespace eigenprop
