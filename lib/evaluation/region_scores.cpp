#include "evaluation/region_scores.hpp"

#include <algorithm>
#include <numeric>

#include "evaluation/benchmark_table.hpp"
#include "evaluation/region_measures.hpp"
#include "runtime/error.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

double ratio(double sum, double area) { return area == 0 ? sum : sum / area; }

/// Collects the scores of one image, scale by scale.
class ImageScorer {
 public:
  explicit ImageScorer(std::size_t people) : people_(static_cast<double>(people)) {
    require(people > 0, "there is no ground truth");
    best_of_regions_.resize(people);
  }

  /// One segmentation's overlaps with every person's: rows are its segments.
  void add(const std::vector<Overlaps>& with_people) {
    double recall = 0;
    double area = 0;
    double mean_covering = 0;
    double rand = 0;
    double information = 0;
    const auto& segment_areas = with_people[0].row_areas;
    Vector best_of_segments(segment_areas.size(), 0.0);
    for (std::size_t a = 0; a < with_people.size(); ++a) {
      const auto covered = column_coverings(with_people[a]);
      auto& best = best_of_regions_[a];
      best.resize(covered.best.size(), 0.0);
      for (std::size_t r = 0; r < covered.best.size(); ++r) {
        recall += covered.areas[r] * covered.best[r];
        area += covered.areas[r];
        best[r] = std::max(best[r], covered.best[r]);
      }
      const double covering = covered.covering();
      mean_covering += covering / people_;
      scores_.table_best = std::max(scores_.table_best, covering);

      const auto of_segments = row_coverings(with_people[a]);
      for (std::size_t s = 0; s < best_of_segments.size(); ++s)
        best_of_segments[s] = std::max(best_of_segments[s], of_segments.best[s]);

      rand += rand_index(with_people[a].shared) / people_;
      information += variation_of_information(with_people[a].shared) / people_;
    }
    scores_.recall_sums.push_back(recall);
    scores_.recall_area = area;
    scores_.precision_sums.push_back(std::inner_product(segment_areas.begin(), segment_areas.end(),
                                                        best_of_segments.begin(), 0.0));
    scores_.precision_areas.push_back(
        std::accumulate(segment_areas.begin(), segment_areas.end(), 0.0));
    scores_.rand.push_back(rand);
    scores_.information.push_back(information);
    scores_.coverings.push_back(mean_covering);
    scores_.table_average = std::max(scores_.table_average, mean_covering);
    region_areas_.clear();
    for (const auto& one : with_people) region_areas_.push_back(one.column_areas);
  }

  ImageScores finish() {
    for (std::size_t a = 0; a < region_areas_.size(); ++a) {
      scores_.recall_best += std::inner_product(region_areas_[a].begin(), region_areas_[a].end(),
                                                best_of_regions_[a].begin(), 0.0);
    }
    return scores_;
  }

 private:
  double people_;
  ImageScores scores_;
  std::vector<Vector> best_of_regions_, region_areas_;  // by person
};

}  // namespace

ImageScores score_image(const std::vector<LabelMap>& segmentations,
                        const std::vector<LabelMap>& truths) {
  require(!segmentations.empty(), "there is no segmentation");
  ImageScorer scorer(truths.size());
  for (const auto& map : segmentations) {
    std::vector<Overlaps> with_people;
    with_people.reserve(truths.size());
    for (const auto& truth : truths) with_people.push_back(overlaps(map, truth));
    scorer.add(with_people);
  }
  return scorer.finish();
}

ImageScores score_nested(const NestedPartitions& segmentations,
                         const std::vector<LabelMap>& truths) {
  require(!segmentations.levels.empty(), "there is no segmentation");
  ImageScorer scorer(truths.size());
  std::vector<Overlaps> of_atoms;
  of_atoms.reserve(truths.size());
  for (const auto& truth : truths) of_atoms.push_back(overlaps(segmentations.atoms, truth));
  for (const auto& level : segmentations.levels) {
    std::vector<Overlaps> with_people;
    with_people.reserve(truths.size());
    for (const auto& one : of_atoms)
      with_people.push_back(merged_rows(one, level.segment_of, level.segments));
    scorer.add(with_people);
  }
  return scorer.finish();
}

ImageScores score_people(const std::vector<LabelMap>& truths) {
  require(truths.size() > 1, "people can be compared only where there are two or more");
  ImageScores sum;
  sum.recall_sums = sum.precision_sums = sum.precision_areas = {0};
  sum.rand = sum.information = sum.coverings = {0};
  const double share = 1 / static_cast<double>(truths.size());
  for (std::size_t person = 0; person < truths.size(); ++person) {
    auto others = truths;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(person));
    const auto one = score_image({truths[person]}, others);
    sum.recall_sums[0] += one.recall_sums[0];
    sum.recall_area += one.recall_area;
    sum.recall_best += one.recall_best;
    sum.precision_sums[0] += one.precision_sums[0];
    sum.precision_areas[0] += one.precision_areas[0];
    sum.rand[0] += share * one.rand[0];
    sum.information[0] += share * one.information[0];
    sum.coverings[0] += share * one.coverings[0];
    sum.table_average += share * one.table_average;
    sum.table_best += share * one.table_best;
  }
  return sum;
}

Summary summarize(const std::vector<ImageScores>& scores, std::vector<double> scales) {
  require(!scores.empty(), "there is no image to summarize");
  std::size_t count = 0;
  for (const auto& image : scores) count = std::max(count, image.recall_sums.size());
  if (scales.empty()) {
    scales.resize(count);
    std::iota(scales.begin(), scales.end(), 1.0);
  }
  Summary summary;
  summary.images = static_cast<std::int64_t>(scores.size());
  summary.scales = scales;
  summary.rand.assign(count, 0.0);
  summary.information.assign(count, 0.0);
  Vector recall_sums(count, 0.0);
  double area = 0;
  double best_scale_sum = 0;
  double best_region_sum = 0;
  const auto images = static_cast<double>(scores.size());
  for (const auto& image : scores) {
    const auto recall = extended(image.recall_sums, count);
    const auto precision = extended(image.precision_sums, count);
    const auto precision_areas = extended(image.precision_areas, count);
    const auto rand = extended(image.rand, count);
    const auto information = extended(image.information, count);
    const double own_area = six_digits(image.recall_area);
    Vector ratios;
    for (std::size_t t = 0; t < count; ++t) {
      recall_sums[t] += recall[t];
      ratios.push_back(ratio(recall[t], own_area));
      summary.rand[t] += rand[t] / images;
      summary.information[t] += information[t] / images;
    }
    const auto best = first_of_max(ratios);
    summary.image_scale.push_back(scales[best]);
    summary.image_recall.push_back(ratios[best]);
    summary.image_precision.push_back(ratio(precision[best], precision_areas[best]));
    area += own_area;
    best_scale_sum += recall[last_of_max(ratios)];
    best_region_sum += six_digits(image.recall_best);
    summary.pri_ois += *std::max_element(rand.begin(), rand.end()) / images;
    summary.vi_ois += *std::min_element(information.begin(), information.end()) / images;
    summary.image_coverings.push_back(image.coverings);
    summary.image_coverings.back().resize(count, image.coverings.back());
    summary.image_table_average.push_back(image.table_average);
    summary.image_table_best.push_back(image.table_best);
    summary.table2_average += image.table_average / images;
    summary.table2_best += image.table_best / images;
  }
  for (const double sum : recall_sums) summary.recall.push_back(ratio(sum, area));
  const auto best = first_of_max(summary.recall);
  summary.covering_ods = summary.recall[best];
  summary.covering_ods_scale = scales[best];
  summary.covering_ois = ratio(best_scale_sum, area);
  summary.covering_best = best_region_sum / area;
  const auto best_rand = first_of_max(summary.rand);
  summary.pri_ods = summary.rand[best_rand];
  summary.pri_ods_scale = scales[best_rand];
  const auto best_information = first_of_min(summary.information);
  summary.vi_ods = summary.information[best_information];
  summary.vi_ods_scale = scales[best_information];
  return summary;
}

std::vector<std::string> benchmark_files(const std::string& folder) {
  std::vector<std::string> paths;
  for (const char* name : {"cover", "RI_VOI", "cover_img", "cover_th", "RI_VOI_thr"})
    paths.push_back(folder + "/eval_" + name + ".txt");
  return paths;
}

void write_benchmark_files(const Summary& s, const std::string& folder) {
  BenchmarkTable cover, measures, images, thresholds, measures_of_thresholds;
  cover.row({s.covering_ods_scale, s.covering_ods, s.covering_ois, s.covering_best});
  measures.row({s.pri_ods_scale, s.pri_ods, s.pri_ois, s.vi_ods_scale, s.vi_ods, s.vi_ois});
  for (std::size_t i = 0; i < s.image_scale.size(); ++i) {
    images.row(
        {static_cast<double>(i + 1), s.image_scale[i], s.image_recall[i], s.image_precision[i]});
  }
  for (std::size_t t = 0; t < s.scales.size(); ++t) {
    thresholds.row({s.scales[t], s.recall[t]});
    measures_of_thresholds.row({s.scales[t], s.rand[t], s.information[t]});
  }
  const auto paths = benchmark_files(folder);
  const BenchmarkTable* tables[] = {&cover, &measures, &images, &thresholds,
                                    &measures_of_thresholds};
  for (std::size_t i = 0; i < paths.size(); ++i) tables[i]->write(paths[i]);
}

}  // namespace eigenprop
