#pragma once

#include <string>
#include <vector>

#include "data/image.hpp"
#include "data/nested_partitions.hpp"

namespace eigenprop {

/// Scores of one image: a set of segmentations (scales) against all its human segmentations.
/// The sums are those of the Berkeley benchmark (evaluation_reg_image.m of the BSDS500 package).
struct ImageScores {
  std::vector<double> recall_sums;     ///< by scale: Σ over all human regions of area x best IoU
  double recall_area = 0;              ///< Σ of their areas
  double recall_best = 0;              ///< the same sum, every region at its own best scale
  std::vector<double> precision_sums;  ///< by scale: the same of the segmentation by the humans
  std::vector<double> precision_areas;
  std::vector<double> rand;         ///< by scale: mean Rand index over the humans
  std::vector<double> information;  ///< by scale: mean variation of information, bits
  std::vector<double> coverings;    ///< by scale: mean covering over the humans
  double table_average = 0;         ///< highest mean covering over the humans (paper, Table 2)
  double table_best = 0;            ///< highest covering of a single human segmentation
};

/// Throws InputError where there is no segmentation or no ground truth, or where sizes differ.
ImageScores score_image(const std::vector<LabelMap>& segmentations,
                        const std::vector<LabelMap>& truths);

/// The same scores, to the last bit, of all levels of nested partitions: the pixels are looked at
/// once for each of the truths, then only the table of shared pixels is merged.
ImageScores score_nested(const NestedPartitions& segmentations,
                         const std::vector<LabelMap>& truths);

/// Scores of people against people: every human segmentation of an image against all the others,
/// as one scale; sums are added over the people, and all else is their mean. Throws InputError for
/// fewer than two segmentations.
ImageScores score_people(const std::vector<LabelMap>& truths);

/// Scores of a data set in both readings: pooled as in the Berkeley benchmark (ODS: one scale for
/// all images; OIS: the best of each image; best: the best of each region), and the mean over
/// images of Table 2's.
struct Summary {
  std::int64_t images = 0;
  double covering_ods = 0;
  double covering_ois = 0;
  double covering_best = 0;
  double covering_ods_scale = 0;
  double table2_average = 0;
  double table2_best = 0;
  double pri_ods = 0;
  double pri_ois = 0;
  double pri_ods_scale = 0;
  double vi_ods = 0;
  double vi_ois = 0;
  double vi_ods_scale = 0;
  std::vector<double> scales;       ///< thresholds, or 1, 2, ... for sets of segmentations
  std::vector<double> recall;       ///< by scale
  std::vector<double> rand;         ///< by scale, mean over images
  std::vector<double> information;  ///< by scale, mean over images
  std::vector<double> image_scale;  ///< by image: its best scale, recall and precision there
  std::vector<double> image_recall;
  std::vector<double> image_precision;
  std::vector<std::vector<double>> image_coverings;  ///< by image, then scale: mean over people
  std::vector<double> image_table_average;
  std::vector<double> image_table_best;
};

/// Follows collect_eval_reg.m to the digit: it sums per-image figures that have gone through text
/// files of six significant digits. Images with fewer scales repeat their last one.
Summary summarize(const std::vector<ImageScores>& scores, std::vector<double> scales);

/// Writes eval_cover.txt, eval_cover_img.txt, eval_cover_th.txt, eval_RI_VOI.txt and
/// eval_RI_VOI_thr.txt, with the benchmark's columns, into an existing folder, each in one step.
/// Throws InputError where that fails.
void write_benchmark_files(const Summary& summary, const std::string& folder);

/// Their paths.
std::vector<std::string> benchmark_files(const std::string& folder);

}  // namespace eigenprop
