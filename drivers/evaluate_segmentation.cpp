#include <cstdio>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>
#include <utility>
#include <variant>

#include "data/nested_partitions.hpp"
#include "data/packed_labels.hpp"
#include "data/sampling.hpp"
#include "evaluation/boundaries.hpp"
#include "evaluation/evaluation_file.hpp"
#include "evaluation/mat_files.hpp"
#include "runtime/command_line.hpp"
#include "runtime/index.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "runtime/together.hpp"
#include "storage/digest.hpp"
#include "storage/output_claim.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string data;
  std::string segmentations;
  std::string output = "evaluation.h5";
  bool people = false;
  bool boundaries = false;
  bool contours = false;
  std::string log_level = "info";
};

constexpr const char* description =
    "Scores segmentations against human ones: region covering, probabilistic Rand index and\n"
    "variation of information as the Berkeley benchmark computes them, the best and average "
    "covering\n"
    "of Table 2 (Ionescu et al., 2016), and with --boundaries precision and recall of boundaries.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 evaluate_segmentation --data test.h5 --segmentations segmentations.h5\n"
    "  evaluate_segmentation --data BSDS500/data/groundTruth/val --segmentations ucm2/val "
    "--boundaries\n"
    "  evaluate_segmentation --data test.h5 --people\n"
    "Folders hold MATLAB v5 files: ground truth with the cell array groundTruth, results with the\n"
    "cell array segs or the contour map ucm2. The benchmark's eval_*.txt are written beside the\n"
    "HDF5 file.";

// One image's name, segmentations and ground truth, read when it is scored.
struct Source {
  std::vector<std::string> names;
  std::optional<LabelMapReader> truths;
  std::optional<LabelMapReader> results;
  std::map<std::string, std::int64_t> places;  ///< of images among the results
  std::string truth_folder;
  std::string result_folder;
  std::vector<double> scales;
};

// Scores of this rank's images.
struct Scores {
  std::vector<ImageScores> regions;
  std::vector<BoundaryCounts> boundaries;
};

Source open_source(const Settings& s) {
  Source source;
  if (std::filesystem::is_directory(s.data)) {
    source.truth_folder = s.data;
    source.names = mat_files(s.data);
  } else {
    source.truths.emplace(s.data, "eigenprop-segmentation");
    for (std::int64_t i = 0; i < source.truths->size(); ++i)
      source.names.push_back(source.truths->name(i));
  }
  if (s.people) return source;
  if (std::filesystem::is_directory(s.segmentations)) {
    source.result_folder = s.segmentations;
    mat_files(s.segmentations);
  } else {
    source.results.emplace(s.segmentations, "eigenprop-segmentations");
    for (std::int64_t i = 0; i < source.results->size(); ++i)
      source.places[source.results->name(i)] = i;
  }
  return source;
}

// Of what all ranks must see alike: each reads its own images.
std::string description_of(const Settings& s, const Source& source) {
  std::string text;
  for (const auto& path : {s.data, s.segmentations})
    if (!path.empty() && !std::filesystem::is_directory(path))
      text += path + " " + data_digest(path) + "\n";
  for (const auto& name : source.names) {
    text += name;
    for (const auto& folder : {source.truth_folder, source.result_folder}) {
      const auto path = folder + "/" + name + ".mat";
      if (!folder.empty() && std::filesystem::exists(path)) text += " " + file_digest(path);
    }
    text += "\n";
  }
  return text;
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

std::vector<NamedFile> inputs_of(const Settings& s) {
  std::vector<NamedFile> inputs = {{"config", s.config}};
  for (const auto& [key, path] :
       {NamedFile{"data", s.data}, NamedFile{"segmentations", s.segmentations}}) {
    if (!std::filesystem::is_directory(path)) {
      inputs.push_back({key, path});
      continue;
    }
    for (const auto& name : mat_files(path)) inputs.push_back({key, path + "/" + name + ".mat"});
  }
  return inputs;
}

std::vector<NamedFile> outputs_of(const Settings& s) {
  std::vector<NamedFile> outputs = {{"output", s.output}};
  const auto folder = folder_of(s.output);
  for (const auto& path : benchmark_files(folder)) outputs.push_back({"output", path});
  if (s.boundaries) {
    for (const auto& path : boundary_files(folder)) outputs.push_back({"output", path});
  }
  return outputs;
}

std::vector<BoundaryMap> boundaries_of(const std::vector<LabelMap>& maps) {
  std::vector<BoundaryMap> result;
  result.reserve(maps.size());
  for (const auto& map : maps) result.push_back(thinned(segment_boundaries(map)));
  return result;
}

std::vector<BoundaryMap> boundaries_of(const ContourMap& contours) {
  std::vector<BoundaryMap> result;
  for (const double threshold : benchmark_thresholds())
    result.push_back(thinned(contours_above(contours, threshold)));
  return result;
}

ImageScores scores_of(const std::vector<LabelMap>& maps, const std::vector<LabelMap>& truths) {
  return score_image(maps, truths);
}
ImageScores scores_of(const ContourMap& contours, const std::vector<LabelMap>& truths) {
  return score_nested(cut_contours(contours, benchmark_thresholds()), truths);
}

// Thresholds, or the numbers of segmentations.
std::vector<double> scales_of(const std::vector<LabelMap>& maps) {
  std::vector<double> scales(maps.size());
  std::iota(scales.begin(), scales.end(), 1.0);
  return scales;
}
std::vector<double> scales_of(const ContourMap&) { return benchmark_thresholds(); }

// One image of its people's segmentations and, if they are scored, boundaries.
void score(Source& source, std::size_t i, const Settings& s, Scores& scores) {
  const auto& name = source.names[i];
  const bool packed = source.truth_folder.empty();
  const auto path = source.truth_folder + "/" + name + ".mat";
  const auto truths = packed ? source.truths->image(static_cast<std::int64_t>(i)).segmentations
                             : read_bsds_ground_truth(path);
  std::vector<BoundaryMap> people;
  if (s.boundaries) people = packed ? boundaries_of(truths) : read_bsds_boundaries(path);
  const auto compare = [&](const auto& result) {
    scores.regions.push_back(scores_of(result, truths));
    auto scales = scales_of(result);
    if (scales.size() > source.scales.size()) source.scales = std::move(scales);
    if (s.boundaries) scores.boundaries.push_back(count_boundaries(boundaries_of(result), people));
  };
  try {
    const auto found = source.places.find(name);
    if (s.people) {
      scores.regions.push_back(score_people(truths));
      if (s.boundaries) scores.boundaries.push_back(count_people(people));
    } else if (!source.result_folder.empty()) {
      std::visit(compare, read_mat_segmentations(source.result_folder + "/" + name + ".mat"));
    } else {
      require(found != source.places.end(), "it has no segmentation");
      const auto result = source.results->image(found->second);
      if (s.contours) {
        require(!result.contours.values.empty(), "its result has no contour map");
        compare(result.contours);
      } else {
        compare(result.segmentations);
      }
    }
  } catch (const InputError& error) {
    throw InputError("image '" + name + "': " + error.what());
  }
}

void print(const Summary& s) {
  std::printf("%lld images\n", static_cast<long long>(s.images));
  std::printf("%-34s %8s %8s %8s\n", "", "ODS", "OIS", "best");
  std::printf("%-34s %8.4f %8.4f %8.4f\n", "covering of the ground truth", s.covering_ods,
              s.covering_ois, s.covering_best);
  std::printf("%-34s %8.4f %8.4f\n", "probabilistic Rand index", s.pri_ods, s.pri_ois);
  std::printf("%-34s %8.4f %8.4f\n", "variation of information (bits)", s.vi_ods, s.vi_ois);
  std::printf("%-34s %8.4f (%.4f)\n", "covering best (average), Table 2", s.table2_best,
              s.table2_average);
}

void print(const BoundarySummary& s) {
  std::printf("%-34s %8.4f %8.4f %8.4f\n", "boundaries: F, area below the curve", s.ods.f, s.ois.f,
              s.area);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("evaluate_segmentation", description);
    line.file_name(s.config);
    line.option("data", s.data, "Packed data set, or folder of BSDS ground truth (.mat)");
    line.option("segmentations", s.segmentations,
                "Result of the driver segment, or folder of .mat files");
    line.flag("people", s.people,
              "Score every human segmentation against the others instead of a result");
    line.flag(
        "contours", s.contours,
        "Score the contour maps of a result of segment at 99 thresholds, not its segmentations");
    line.flag("boundaries", s.boundaries,
              "Also precision and recall of boundaries: many seconds an image of 99 thresholds");
    line.option("output", s.output, "Where scores go, for every image and scale");
    declare_log_level(line, s.log_level);
    line.epilogue(examples);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.data.empty() || s.segmentations.empty() != s.people)
      throw ConfigurationError("give --data, and either --segmentations or --people");
    const OutputClaim claim(inputs_of(s), outputs_of(s), world);
    Source source;
    std::string seen;
    together(world, [&] {
      source = open_source(s);
      seen = description_of(s, source);
    });
    require_same(world, seen, "images are not the same on all ranks");
    const auto [first, last] =
        share_of(static_cast<std::int64_t>(source.names.size()), world.rank(), world.size());
    Scores own;
    Progress progress("scoring", last - first, world.is_root() && s.log_level != "off");
    for (std::int64_t i = first; i < last; ++i) {
      score(source, index(i), s, own);
      progress.update(i - first + 1, source.names[index(i)]);
    }
    const auto regions = gather_scores(own.regions, world);
    const auto boundaries = gather_counts(own.boundaries, world);
    const auto scales = gather_scales(source.scales, world);
    if (world.is_root()) {
      const auto summary = summarize(regions, scales);
      std::optional<BoundarySummary> of_boundaries;
      if (s.boundaries) of_boundaries = summarize_boundaries(boundaries, scales);
      write_evaluation(s.output, summary, of_boundaries, source.names, line.configuration());
      write_benchmark_files(summary, folder_of(s.output));
      print(summary);
      if (of_boundaries) {
        write_boundary_files(*of_boundaries, folder_of(s.output));
        print(*of_boundaries);
      }
    }
    return ExitStatus::success;
  });
}
