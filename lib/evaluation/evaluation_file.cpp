#include "evaluation/evaluation_file.hpp"

#include <algorithm>
#include <map>

#include "runtime/error.hpp"
#include "runtime/message_count.hpp"
#include "storage/array_descriptions.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {
namespace {

using Vector = std::vector<double>;

// Concatenation over ranks of vectors of different lengths.
Vector gather(const Vector& own, const Communicator& comm) {
  const auto counts = comm.gather_all(static_cast<std::int64_t>(own.size()));
  std::vector<int> sizes, places;
  std::int64_t total = 0;
  for (const auto count : counts) {
    sizes.push_back(message_count(count));
    places.push_back(message_count(total));
    total += count;
  }
  Vector all(static_cast<std::size_t>(total));
  check_mpi(MPI_Allgatherv(own.data(), message_count(static_cast<std::int64_t>(own.size())),
                           MPI_DOUBLE, all.data(), sizes.data(), places.data(), MPI_DOUBLE,
                           comm.get()));
  return all;
}

// The next `count` numbers of `all` from `at` on.
void take(const Vector& all, std::size_t& at, std::ptrdiff_t count, Vector& numbers) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
  numbers.assign(begin, begin + count);
  at += static_cast<std::size_t>(count);
}

// What a column tells.
std::string meaning_of(const std::string& column) {
  static const std::map<std::string, std::string> known = {
      {"name", "name of the image"},
      {"scale", "threshold or number of the segmentation"},
      {"covering", "covering of the human segmentations"},
      {"coverings", "covering of the human segmentations by each segmentation"},
      {"rand", "probabilistic Rand index"},
      {"information", "variation of information"},
      {"f", "F-measure of boundaries"},
      {"table2_best", "covering by the best segmentation"},
      {"table2_average", "covering by all segmentations, mean"},
  };
  const auto found = known.find(column);
  if (found != known.end()) return found->second;
  std::string name = column;
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// A column of points of a curve.
Vector column(const std::vector<BoundarySummary::Point>& points,
              double BoundarySummary::Point::*value) {
  Vector numbers;
  for (const auto& point : points) numbers.push_back(point.*value);
  return numbers;
}

void write_boundaries(H5File& file, const BoundarySummary& s) {
  using Point = BoundarySummary::Point;
  const std::pair<const char*, double> values[] = {
      {"boundary_f_ods", s.ods.f},
      {"boundary_recall_ods", s.ods.recall},
      {"boundary_precision_ods", s.ods.precision},
      {"boundary_ods_scale", s.ods.scale},
      {"boundary_f_ois", s.ois.f},
      {"boundary_recall_ois", s.ois.recall},
      {"boundary_precision_ois", s.ois.precision},
      {"boundary_area", s.area},
  };
  for (const auto& [name, value] : values) file.set_attribute("/summary", name, value);
  const std::pair<const char*, double Point::*> columns[] = {{"scale", &Point::scale},
                                                             {"recall", &Point::recall},
                                                             {"precision", &Point::precision},
                                                             {"f", &Point::f}};
  for (const auto& [name, value] : columns) {
    file.write(std::string("/boundaries/") + name, column(s.curve, value));
    file.write(std::string("/images/boundary_") + name, column(s.best_of, value));
  }
}

}  // namespace

std::vector<ImageScores> gather_scores(const std::vector<ImageScores>& own,
                                       const Communicator& comm) {
  Vector packed;
  for (const auto& s : own) {
    packed.insert(packed.end(), {static_cast<double>(s.recall_sums.size()), s.recall_area,
                                 s.recall_best, s.table_average, s.table_best});
    for (const auto* v : {&s.recall_sums, &s.precision_sums, &s.precision_areas, &s.rand,
                          &s.information, &s.coverings})
      packed.insert(packed.end(), v->begin(), v->end());
  }
  const auto all = gather(packed, comm);
  std::vector<ImageScores> scores;
  for (std::size_t at = 0; at < all.size();) {
    ImageScores s;
    const auto count = static_cast<std::ptrdiff_t>(all[at]);
    s.recall_area = all[at + 1];
    s.recall_best = all[at + 2];
    s.table_average = all[at + 3];
    s.table_best = all[at + 4];
    at += 5;
    for (auto* v : {&s.recall_sums, &s.precision_sums, &s.precision_areas, &s.rand, &s.information,
                    &s.coverings})
      take(all, at, count, *v);
    scores.push_back(std::move(s));
  }
  return scores;
}

std::vector<BoundaryCounts> gather_counts(const std::vector<BoundaryCounts>& own,
                                          const Communicator& comm) {
  Vector packed;
  for (const auto& counts : own) {
    packed.push_back(static_cast<double>(counts.human.size()));
    for (const auto* v : {&counts.recalled, &counts.human, &counts.correct, &counts.machine})
      packed.insert(packed.end(), v->begin(), v->end());
  }
  const auto all = gather(packed, comm);
  std::vector<BoundaryCounts> result;
  for (std::size_t at = 0; at < all.size();) {
    BoundaryCounts counts;
    const auto count = static_cast<std::ptrdiff_t>(all[at++]);
    for (auto* v : {&counts.recalled, &counts.human, &counts.correct, &counts.machine})
      take(all, at, count, *v);
    result.push_back(std::move(counts));
  }
  return result;
}

std::vector<double> gather_scales(const std::vector<double>& own, const Communicator& comm) {
  const auto longest = comm.max(static_cast<std::int64_t>(own.size()));
  // The first rank with the longest list gives it to all.
  const bool has = static_cast<std::int64_t>(own.size()) == longest;
  const int root = comm.min(has ? comm.rank() : comm.size());
  Vector scales(own);
  scales.resize(static_cast<std::size_t>(longest));
  comm.broadcast(scales.data(), longest, root);
  return scales;
}

void write_evaluation(const std::string& path, const Summary& s,
                      const std::optional<BoundarySummary>& boundaries,
                      const std::vector<std::string>& names, const std::string& configuration) {
  auto file = H5File::compose(path);
  file.set_format("eigenprop-evaluation", 1);
  file.write_string("/configuration", configuration);
  const std::pair<const char*, double> values[] = {
      {"covering_ods", s.covering_ods}, {"covering_ods_scale", s.covering_ods_scale},
      {"covering_ois", s.covering_ois}, {"covering_best", s.covering_best},
      {"table2_best", s.table2_best},   {"table2_average", s.table2_average},
      {"pri_ods", s.pri_ods},           {"pri_ods_scale", s.pri_ods_scale},
      {"pri_ois", s.pri_ois},           {"vi_ods", s.vi_ods},
      {"vi_ods_scale", s.vi_ods_scale}, {"vi_ois", s.vi_ois},
  };
  for (const auto& [name, value] : values) file.set_attribute("/summary", name, value);
  file.set_attribute("/summary", "images", s.images);
  file.write("/scales/scale", s.scales);
  file.write("/scales/covering", s.recall);
  file.write("/scales/rand", s.rand);
  file.write("/scales/information", s.information);
  file.write_strings("/images/name", names);
  file.write("/images/scale", s.image_scale);
  file.write("/images/recall", s.image_recall);
  file.write("/images/precision", s.image_precision);
  Vector coverings;
  for (const auto& image : s.image_coverings)
    coverings.insert(coverings.end(), image.begin(), image.end());
  file.write("/images/coverings",
             {s.images, static_cast<std::int64_t>(s.image_coverings[0].size())}, coverings.data());
  file.write("/images/table2_average", s.image_table_average);
  file.write("/images/table2_best", s.image_table_best);
  if (boundaries) write_boundaries(file, *boundaries);
  // The coordinates of a group are its thresholds, or its images' names.
  const std::pair<const char*, const char*> groups[] = {
      {"/scales", "scale"}, {"/boundaries", "scale"}, {"/images", "name"}};
  for (const auto& [group, dimension] : groups) {
    for (const auto& column : file.names(group)) {
      std::vector<std::string> dimensions = {dimension};
      if (column == "coverings") dimensions.push_back("segmentation");
      describe_arrays(file, {{std::string(group) + "/" + column, dimensions, meaning_of(column)}});
    }
  }
  file.publish();
}

}  // namespace eigenprop
