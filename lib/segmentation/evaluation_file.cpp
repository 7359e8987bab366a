#include "segmentation/evaluation_file.hpp"

#include "runtime/error.hpp"
#include "runtime/message_count.hpp"
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

}  // namespace

std::vector<ImageScores> gather_scores(const std::vector<ImageScores>& own,
                                       const Communicator& comm) {
  Vector packed;
  for (const auto& s : own) {
    packed.insert(packed.end(), {static_cast<double>(s.recall_sums.size()), s.recall_area,
                                 s.recall_best, s.table_average, s.table_best});
    for (const auto* v :
         {&s.recall_sums, &s.precision_sums, &s.precision_areas, &s.rand, &s.information})
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
    for (auto* v :
         {&s.recall_sums, &s.precision_sums, &s.precision_areas, &s.rand, &s.information}) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
      v->assign(begin, begin + count);
      at += static_cast<std::size_t>(count);
    }
    scores.push_back(std::move(s));
  }
  return scores;
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
  file.write("/images/table2_average", s.image_table_average);
  file.write("/images/table2_best", s.image_table_best);
  file.publish();
}

}  // namespace eigenprop
