#pragma once

#include "data/contour_map.hpp"
#include "data/image.hpp"

namespace eigenprop {

/// Boundaries between segments of different labels, on pixels, up to two wide, as the Berkeley
/// benchmark marks them (seg2bdry.m, format 'imageSize'): a pixel whose lower or right neighbour,
/// or whose neighbour's, has another label.
BoundaryMap segment_boundaries(const LabelMap& map);

/// The pixels of a contour map (every second place from the third) of at least a threshold
/// (evaluation_bdry_image.m).
BoundaryMap contours_above(const ContourMap& contours, double threshold);

/// Boundaries one pixel wide, connected as before: bwmorph(..., 'thin', Inf) of MATLAB, the two
/// alternating passes of Guo and Hall (CACM 32, 1989, algorithm A1), repeated until nothing
/// changes. Human boundaries of BSDS500 are thinned(segment_boundaries(segmentation)), pixel by
/// pixel.
BoundaryMap thinned(BoundaryMap map);

}  // namespace eigenprop
