#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "data/image.hpp"

namespace eigenprop {

/// Pixels that segment i of one partition shares with segment j of another: a sparse matrix
/// (rows, columns) with as many elements as pairs of segments meet, by i, then j. Pixels with a
/// negative label in either count nowhere.
struct Contingency {
  int rows = 0;
  int columns = 0;
  std::vector<std::pair<int, int>> places;
  std::vector<double> counts;

  std::vector<double> row_sums() const;
  std::vector<double> column_sums() const;
  double total() const;
};

/// Throws InputError where the sizes of the maps differ.
Contingency contingency(const LabelMap& a, const LabelMap& b);

/// What two partitions of an image share: their contingency, and the pixels of every segment of
/// either, those without a segment in the other included.
struct Overlaps {
  Contingency shared;
  std::vector<double> row_areas;
  std::vector<double> column_areas;
};

/// Rows are segments of `a`, columns of `b`. Throws InputError where the sizes of the maps differ.
Overlaps overlaps(const LabelMap& a, const LabelMap& b);

/// The same for unions of the rows: segment_of[i] is the new row of row i, −1 for none.
Overlaps merged_rows(const Overlaps& overlaps, const std::vector<std::int32_t>& segment_of,
                     int segments);

/// For each region of one partition its best intersection over union with a region of another, and
/// its area in pixels (Arbelaez et al., PAMI 2011, section 3.1.2). Pixels with a negative label
/// belong to no region, but count in the areas of the other map's regions.
struct RegionCoverings {
  std::vector<double> best;
  std::vector<double> areas;

  /// Σ area best / Σ area: the covering of the one partition by the other, 0 .. 1.
  double covering() const;
};
RegionCoverings row_coverings(const Overlaps& overlaps);
RegionCoverings column_coverings(const Overlaps& overlaps);

/// Rand index of two partitions, 0 .. 1, larger is better (Unnikrishnan et al., PAMI 2007).
double rand_index(const Contingency& counts);

/// Variation of information in bits, 0 for equal partitions (Meila, 2005).
double variation_of_information(const Contingency& counts);

}  // namespace eigenprop
