#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/contour_map.hpp"

namespace eigenprop {

/// Boundary pixels of one image by scale, as evaluation_bdry_image.m of the Berkeley benchmark
/// counts them.
struct BoundaryCounts {
  std::vector<double> recalled;  ///< human pixels with a partner, summed over people
  std::vector<double> human;     ///< human pixels, summed over people
  std::vector<double> correct;   ///< machine pixels with a partner in any person's boundaries
  std::vector<double> machine;   ///< machine pixels
};

/// `scales`: boundaries of one image, one pixel wide, at each scale; `people`: human ones. Scales
/// with equal boundaries are matched once. Throws InputError where there are none of either, or
/// where sizes differ.
BoundaryCounts count_boundaries(const std::vector<BoundaryMap>& scales,
                                const std::vector<BoundaryMap>& people, double reach = 0.0075);

/// Counts of people against people, as one scale: every person's boundaries against all the
/// others', summed. Throws InputError for fewer than two people.
BoundaryCounts count_people(const std::vector<BoundaryMap>& people, double reach = 0.0075);

/// Precision and recall, 0 .. 1, and F = 2 P R / (P + R) of a data set (collect_eval_bdry.m): ODS
/// at one threshold for all images, between two scales interpolated linearly; OIS at the best
/// scale of each image; the area under the curve of precision over recall.
struct BoundarySummary {
  struct Point {
    double scale = 0, recall = 0, precision = 0, f = 0;
  };
  std::int64_t images = 0;
  Point ods;
  Point ois;  ///< without a scale
  double area = 0;
  std::vector<Point> curve;    ///< by scale
  std::vector<Point> best_of;  ///< by image, at its own best threshold
};

/// Images with fewer scales repeat their last one.
BoundarySummary summarize_boundaries(const std::vector<BoundaryCounts>& images,
                                     std::vector<double> scales);

/// Writes eval_bdry.txt, eval_bdry_img.txt and eval_bdry_thr.txt, with the benchmark's columns,
/// into an existing folder, each in one step. Throws InputError where that fails.
void write_boundary_files(const BoundarySummary& summary, const std::string& folder);

/// Their paths.
std::vector<std::string> boundary_files(const std::string& folder);

}  // namespace eigenprop
