#pragma once

#include <string>
#include <vector>

#include "storage/hdf5.hpp"

namespace eigenprop {

/// What a dataset tells other people's readers of itself.
struct ArrayDescription {
  std::string dataset;
  std::vector<std::string> dimensions;  ///< names (H5File::name_dimensions); none of a single value
  std::string long_name;
  std::string units = {};  ///< empty: none
};

/// Gives names of dimensions, long name and units to those of `arrays` that the file holds. Throws
/// InputError as H5File::name_dimensions does.
void describe_arrays(H5File& file, const std::vector<ArrayDescription>& arrays);

}  // namespace eigenprop
