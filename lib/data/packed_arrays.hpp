#pragma once

#include "storage/hdf5.hpp"

namespace eigenprop {

/// Gives dimensions, long names and units to all arrays of packed images and of what is computed of
/// them: segmentations, contour maps, boundary maps (layouts: lib/storage/README.md). What the file
/// lacks is left out. PACKED_ARRAYS of analysis/hdf5_tools.py are the same.
void describe_packed_arrays(H5File& file);

}  // namespace eigenprop
