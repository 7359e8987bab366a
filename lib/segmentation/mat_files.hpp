#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// Human segmentations of a BSDS ground-truth file: the fields `Segmentation` of the structs in
/// the cell array `groundTruth`. MATLAB v5 files through libmatio. Throws InputError that names
/// file and variable.
std::vector<LabelMap> read_bsds_ground_truth(const std::string& path);

struct MatSegmentations {
  std::vector<LabelMap> maps;
  std::vector<double> scales;  ///< thresholds of `ucm2`, or 1, 2, ... of `segs`
};

/// Results as the Berkeley benchmark reads them: a cell array `segs` of label matrices, or `ucm2`,
/// an ultrametric contour map of double size. The latter is cut at thresholds 0.01, 0.02 … 0.99:
/// ucm2 <= t is labelled with 8-connectivity, then every second pixel from the second is kept.
/// Label 0 means no segment (here −1).
MatSegmentations read_mat_segmentations(const std::string& path, int thresholds = 99);

/// Base names of the `.mat` files in a folder, sorted. Throws InputError where there are none.
std::vector<std::string> mat_files(const std::string& folder);

}  // namespace eigenprop
