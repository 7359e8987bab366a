#pragma once

#include <string>
#include <variant>
#include <vector>

#include "data/contour_map.hpp"
#include "data/image.hpp"

namespace eigenprop {

/// Human segmentations of a BSDS ground-truth file: the fields `Segmentation` of the structs in
/// the cell array `groundTruth`. MATLAB v5 files through libmatio. Throws InputError that names
/// file and variable.
std::vector<LabelMap> read_bsds_ground_truth(const std::string& path);

/// Human boundaries of such a file: the fields `Boundaries`, non-zero on a boundary. Where a struct
/// has none, they are derived from `Segmentation` as the benchmark's authors did (boundaries.hpp).
std::vector<BoundaryMap> read_bsds_boundaries(const std::string& path);

/// Results as the Berkeley benchmark reads them: a cell array `segs` of label matrices, in which
/// label 0 means no segment (here −1), or `ucm2`, a contour map of double size.
using MatSegmentations = std::variant<std::vector<LabelMap>, ContourMap>;
MatSegmentations read_mat_segmentations(const std::string& path);

/// Writes a contour map as the benchmark's `ucm2`, float, compressed, in one step (publish.hpp).
/// Throws InputError.
void write_ucm2(const std::string& path, const ContourMap& contours);

/// Base names of the `.mat` files in a folder, sorted. Throws InputError where there are none.
std::vector<std::string> mat_files(const std::string& folder);

}  // namespace eigenprop
