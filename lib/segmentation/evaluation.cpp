#include "segmentation/evaluation.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "runtime/error.hpp"
#include "segmentation/region_measures.hpp"
#include "storage/publish.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

// What is left of a number after a text file with '%10g'.
double six_digits(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);
}

double ratio(double sum, double area) { return area == 0 ? sum : sum / area; }

// MATLAB's max and min return the first of equal values; find(x == max(x)) then end the last.
std::size_t first_of_max(const Vector& v) {
  return static_cast<std::size_t>(std::max_element(v.begin(), v.end()) - v.begin());
}
std::size_t first_of_min(const Vector& v) {
  return static_cast<std::size_t>(std::min_element(v.begin(), v.end()) - v.begin());
}
std::size_t last_of_max(const Vector& v) {
  return v.size() - 1 -
         static_cast<std::size_t>(std::max_element(v.rbegin(), v.rend()) - v.rbegin());
}

// The last value again, until there are `count`.
Vector extended(Vector values, std::size_t count) {
  for (double& value : values) value = six_digits(value);
  values.resize(count, values.back());
  return values;
}

class Table {
 public:
  void row(const Vector& values) {
    const char* separator = "";
    for (const double value : values) {
      char number[32];
      std::snprintf(number, sizeof number, "%s%10g", separator, value);
      text_ += number;
      separator = " ";
    }
    text_ += '\n';
  }
  void write(const std::string& path) const { write_file(path, text_); }

 private:
  std::string text_;
};

}  // namespace

ImageScores score_image(const std::vector<LabelMap>& segmentations,
                        const std::vector<LabelMap>& truths) {
  require(!segmentations.empty(), "there is no segmentation");
  require(!truths.empty(), "there is no ground truth");
  ImageScores scores;
  std::vector<Vector> best_of_regions(truths.size());
  for (const auto& map : segmentations) {
    double recall = 0;
    double area = 0;
    double mean_covering = 0;
    double rand = 0;
    double information = 0;
    Vector best_of_segments(static_cast<std::size_t>(map.segments), 0.0);
    Vector segment_areas;
    for (std::size_t a = 0; a < truths.size(); ++a) {
      const auto covered = region_overlaps(truths[a], map);
      auto& best = best_of_regions[a];
      best.resize(covered.best.size(), 0.0);
      for (std::size_t r = 0; r < covered.best.size(); ++r) {
        recall += covered.areas[r] * covered.best[r];
        area += covered.areas[r];
        best[r] = std::max(best[r], covered.best[r]);
      }
      const double covering = covered.covering();
      mean_covering += covering / static_cast<double>(truths.size());
      scores.table_best = std::max(scores.table_best, covering);

      const auto covering_of_segments = region_overlaps(map, truths[a]);
      segment_areas = covering_of_segments.areas;
      for (std::size_t s = 0; s < best_of_segments.size(); ++s)
        best_of_segments[s] = std::max(best_of_segments[s], covering_of_segments.best[s]);

      const auto counts = contingency(map, truths[a]);
      rand += rand_index(counts) / static_cast<double>(truths.size());
      information += variation_of_information(counts) / static_cast<double>(truths.size());
    }
    scores.recall_sums.push_back(recall);
    scores.recall_area = area;
    scores.precision_sums.push_back(std::inner_product(segment_areas.begin(), segment_areas.end(),
                                                       best_of_segments.begin(), 0.0));
    scores.precision_areas.push_back(
        std::accumulate(segment_areas.begin(), segment_areas.end(), 0.0));
    scores.rand.push_back(rand);
    scores.information.push_back(information);
    scores.table_average = std::max(scores.table_average, mean_covering);
  }
  for (std::size_t a = 0; a < truths.size(); ++a) {
    const auto areas = region_overlaps(truths[a], truths[a]).areas;
    scores.recall_best +=
        std::inner_product(areas.begin(), areas.end(), best_of_regions[a].begin(), 0.0);
  }
  return scores;
}

ImageScores score_people(const std::vector<LabelMap>& truths) {
  require(truths.size() > 1, "people can be compared only where there are two or more");
  ImageScores sum;
  sum.recall_sums = sum.precision_sums = sum.precision_areas = {0};
  sum.rand = sum.information = {0};
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
  Table cover, measures, images, thresholds, measures_of_thresholds;
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
  const Table* tables[] = {&cover, &measures, &images, &thresholds, &measures_of_thresholds};
  for (std::size_t i = 0; i < paths.size(); ++i) tables[i]->write(paths[i]);
}

}  // namespace eigenprop
