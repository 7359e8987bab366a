#include <cstdio>
#include <filesystem>
#include <map>

#include "data/packed_labels.hpp"
#include "data/sampling.hpp"
#include "runtime/command_line.hpp"
#include "runtime/session.hpp"
#include "runtime/together.hpp"
#include "segmentation/evaluation.hpp"
#include "segmentation/evaluation_file.hpp"
#include "segmentation/mat_files.hpp"
#include "storage/output_claim.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string data;
  std::string segmentations;
  std::string output = "evaluation.h5";
  bool people = false;
};

constexpr const char* description =
    "Scores segmentations against human ones: region covering, probabilistic Rand index and\n"
    "variation of information as the Berkeley benchmark computes them, and the best and average\n"
    "covering of Table 2 (Ionescu et al., 2016).";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 evaluate_segmentation --data test.h5 --segmentations segmentations.h5\n"
    "  evaluate_segmentation --data BSDS500/data/groundTruth/val --segmentations ucm2/val\n"
    "  evaluate_segmentation --data test.h5 --people\n"
    "Folders hold MATLAB v5 files: ground truth with the cell array groundTruth, results with the\n"
    "cell array segs or the contour map ucm2. The benchmark's eval_*.txt are written beside the\n"
    "HDF5 file.";

// One image's name, segmentations and ground truth, read when it is scored.
struct Source {
  std::vector<std::string> names;
  std::vector<SegmentedImage> truths;
  std::map<std::string, SegmentedImage> results;
  std::string truth_folder;
  std::string result_folder;
  std::vector<double> scales;
};

std::vector<SegmentedImage> read_packed(const std::string& path, const std::string& format) {
  const auto file = H5File::open(path);
  file.check_format(format, 1);
  return read_label_maps(file);
}

Source open_source(const Settings& s) {
  Source source;
  if (std::filesystem::is_directory(s.data)) {
    source.truth_folder = s.data;
    source.names = mat_files(s.data);
  } else {
    source.truths = read_packed(s.data, "eigenprop-segmentation");
    for (const auto& image : source.truths) source.names.push_back(image.name);
  }
  if (s.people) return source;
  if (std::filesystem::is_directory(s.segmentations)) {
    source.result_folder = s.segmentations;
    mat_files(s.segmentations);
  } else {
    for (auto& image : read_packed(s.segmentations, "eigenprop-segmentations"))
      source.results[image.name] = image;
  }
  return source;
}

// Other ranks may read other files of these names.
std::string description_of(const Source& source) {
  std::string text;
  for (const auto& name : source.names) {
    const auto result = source.results.find(name);
    text += name + (result == source.results.end() ? "" : ", segmented") + "\n";
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
  for (const auto& path : benchmark_files(folder_of(s.output))) outputs.push_back({"output", path});
  return outputs;
}

ImageScores score(Source& source, std::size_t i, bool people) {
  const auto& name = source.names[i];
  const auto truths = source.truth_folder.empty()
                          ? source.truths[i].segmentations
                          : read_bsds_ground_truth(source.truth_folder + "/" + name + ".mat");
  try {
    if (people) return score_people(truths);
    if (!source.result_folder.empty()) {
      const auto found = read_mat_segmentations(source.result_folder + "/" + name + ".mat");
      if (found.scales.size() > source.scales.size()) source.scales = found.scales;
      return score_image(found.maps, truths);
    }
    const auto found = source.results.find(name);
    require(found != source.results.end(), "it has no segmentation");
    return score_image(found->second.segmentations, truths);
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
    line.option("output", s.output, "Where scores go, for every image and scale");
    line.epilogue(examples);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.data.empty() || s.segmentations.empty() != s.people)
      throw ConfigurationError("give --data, and either --segmentations or --people");
    const OutputClaim claim(inputs_of(s), outputs_of(s), world);
    auto source = open_source(s);
    require_same(world, description_of(source), "images differ between ranks");
    const auto [first, last] =
        share_of(static_cast<std::int64_t>(source.names.size()), world.rank(), world.size());
    std::vector<ImageScores> own;
    for (std::int64_t i = first; i < last; ++i)
      own.push_back(score(source, static_cast<std::size_t>(i), s.people));
    const auto scores = gather_scores(own, world);
    const auto scales = gather_scales(source.scales, world);
    if (world.is_root()) {
      const auto summary = summarize(scores, scales);
      write_evaluation(s.output, summary, source.names, line.configuration());
      write_benchmark_files(summary, folder_of(s.output));
      print(summary);
    }
    return ExitStatus::success;
  });
}
