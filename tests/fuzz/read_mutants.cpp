// Reads files as the drivers do: one a line of standard input, "KIND PATH", each answered by a line
// on standard output, "read FACT=VALUE ..." or "refused MESSAGE". A file whose reading takes too
// long ends the program by SIGPROF, or SIGALRM; fuzz.py, which mutates the files, starts it again
// behind it.
//
//   read_mutants write FOLDER    writes the valid files to begin with
//   read_mutants read SECONDS    reads, with so many seconds of the processor for each file

#include <matio.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "base_files.hpp"
#include "data/classification_dataset.hpp"
#include "data/classification_source.hpp"
#include "data/nested_partitions.hpp"
#include "data/packed_labels.hpp"
#include "data/point_dataset.hpp"
#include "data/segmentation_dataset.hpp"
#include "evaluation/mat_files.hpp"
#include "models/contour_source.hpp"
#include "models/ncuts_options.hpp"
#include "runtime/session.hpp"
#include "segmentation/segmenter_options.hpp"
#include "storage/checkpoint.hpp"
#include "storage/hdf5.hpp"
#include "storage/run_file.hpp"

namespace {

using namespace eigenprop;

// What was read, as sums that fuzz.py finds by other means.
class Facts {
 public:
  void add(const char* name, double value) {
    char text[64];
    std::snprintf(text, sizeof text, " %s=%.17g", name, value);
    text_ += text;
  }
  template <class Values>
  void add_sum(const char* name, const Values& values) {
    double sum = 0;
    for (const auto value : values) sum += static_cast<double>(value);
    add(name, sum);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

constexpr std::int64_t resume_step = 3;

// A reader's promise that what follows relies on.
void promise(bool kept, const char* what) {
  if (kept) return;
  std::fprintf(stderr, "a reader broke its promise: %s\n", what);
  std::abort();
}

void check_map(const LabelMap& map, std::int32_t lowest) {
  promise(map.height > 0 && map.width > 0 &&
              map.labels.size() ==
                  static_cast<std::size_t>(map.height) * static_cast<std::size_t>(map.width),
          "a label for each pixel");
  for (const auto label : map.labels)
    promise(label >= lowest && label < map.segments, "labels below the number of segments");
}

void read_segmentation(const std::string& path, Facts& facts) {
  const SegmentationDataset data(path);
  double pixels = 0, labels = 0;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    const auto image = data.image(i);
    promise(image.image.pixels.size() == 3 * static_cast<std::size_t>(image.image.height) *
                                             static_cast<std::size_t>(image.image.width),
            "three values for each pixel");
    for (const auto value : image.image.pixels) pixels += value;
    for (const auto& map : image.segmentations) {
      check_map(map, 0);
      for (const auto label : map.labels) labels += label;
    }
  }
  facts.add("images", static_cast<double>(data.size()));
  facts.add("pixels", pixels);
  facts.add("labels", labels);
}

// As evaluate_segmentation reads the results of segment, with each map of contours cut at every
// threshold.
void read_results(const std::string& path, Facts& facts) {
  const LabelMapReader reader(path, "eigenprop-segmentations");
  double labels = 0, strengths = 0;
  for (std::int64_t i = 0; i < reader.size(); ++i) {
    const auto image = reader.image(i);
    for (const auto& map : image.segmentations) {
      check_map(map, 0);
      for (const auto label : map.labels) labels += label;
    }
    for (const double value : image.contours.values) strengths += value;
    if (image.contours.values.empty()) continue;
    const auto nested = cut_contours(image.contours, benchmark_thresholds());
    for (std::size_t t = 0; t < nested.levels.size(); ++t) check_map(partition(nested, t), -1);
  }
  facts.add("images", static_cast<double>(reader.size()));
  facts.add("labels", labels);
  facts.add("contours", strengths);
}

void read_classification(const std::string& path, Facts& facts) {
  const auto data = open_classification_source(path);
  double labels = 0;
  std::vector<float> values;
  const PixelSettings raw{"rgb", {0, 0, 0}, {1, 1, 1}, false};
  constexpr std::int64_t side = 16;
  for (std::int64_t i = 0; i < data->size(); ++i) {
    promise(
        data->label(i) >= 0 && data->label(i) < static_cast<std::int64_t>(data->classes().size()),
        "labels that are classes");
    labels += static_cast<double>(data->label(i));
    data->append(i, raw, side, {}, values);
  }
  facts.add("images", static_cast<double>(data->size()));
  facts.add("labels", labels);
  facts.add_sum("values", values);
}

void read_points(const std::string& path, Facts& facts) {
  const PointDataset data(path);
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < data.size(); ++i) all.push_back(i);
  const auto features = data.features(all);
  promise(static_cast<std::int64_t>(features.size()) == data.size() * data.extents().size(),
          "all features of each point");
  facts.add("points", static_cast<double>(data.size()));
  facts.add_sum("features", features);
}

void read_training_state(const std::string& path, Facts& facts) {
  const auto checkpoint = read_checkpoint(path, Communicator::self());
  promise(checkpoint.step >= 0, "steps from 0");
  facts.add("step", static_cast<double>(checkpoint.step));
  facts.add("parameters", static_cast<double>(checkpoint.parameters.size()));
  double sum = 0;
  for (const auto& [name, tensor] : checkpoint.parameters) {
    tensor.visit([&](const auto& typed) {
      for (const auto value : to_host(typed)) sum += static_cast<double>(value);
    });
  }
  facts.add("values", sum);
}

// As a training that goes on from step 3 does, which puts a new file in the place of the old one.
void read_run(const std::string& path, Facts& facts) {
  RunFile run(path, {"fuzz", "[train]\nepochs = 4\n", 1}, resume_step, Communicator::self());
  if (!run.remarks().empty()) {
    for (const auto& remark : run.remarks())
      promise(remark.find('\n') == std::string::npos, "remarks of one line");
    throw InputError(run.remarks().front());
  }
  const auto file = H5File::open(path);
  const auto steps = file.read<double>("/metrics/train/step");
  for (const auto& column : file.names("/metrics/train"))
    promise(file.read<double>("/metrics/train/" + column).size() == steps.size(),
            "columns of one length");
  for (const double step : steps)
    promise(step <= static_cast<double>(resume_step), "rows up to the step");
  facts.add("rows", static_cast<double>(steps.size()));
  facts.add_sum("objective", file.read<double>("/metrics/train/objective"));
}

void read_maps(const std::vector<LabelMap>& maps, Facts& facts) {
  double labels = 0;
  for (const auto& map : maps) {
    check_map(map, -1);
    for (const auto label : map.labels) labels += label;
  }
  facts.add("maps", static_cast<double>(maps.size()));
  facts.add("labels", labels);
}

void read_contours(const ContourMap& contours, Facts& facts) {
  const auto nested = cut_contours(contours, benchmark_thresholds());
  std::vector<LabelMap> maps;
  for (std::size_t t = 0; t < nested.levels.size(); ++t) maps.push_back(partition(nested, t));
  read_maps(maps, facts);
}

void read_settings(const std::string& path) {
  std::string option = "--config=" + path;
  const char* arguments[] = {"read_mutants", option.c_str()};
  std::string data;
  NCutsTrainingSettings settings;
  CommandLine line("read_mutants", "");
  line.option("data", data, "");
  declare_ncuts_options(line, settings);
  line.parse(2, arguments);
}

// As segment takes what fit_contours has written.
void read_hierarchy(const std::string& path) {
  const std::string option = "--config=" + path;
  const char* arguments[] = {"read_mutants", option.c_str()};
  std::string partition;
  ContourSourceSettings source;
  HierarchySettings hierarchy;
  CommandLine line("read_mutants", "");
  line.option("partition", partition, "");
  declare_contour_source(line, source);
  declare_hierarchy_options(line, hierarchy);
  line.parse(2, arguments);
}

// On a busy machine the clock says little; a reader that waits for ever uses no processor.
void limit(unsigned seconds) {
  itimerval timer{};
  timer.it_value.tv_sec = seconds;
  setitimer(ITIMER_PROF, &timer, nullptr);
  alarm(20 * seconds);
}

// The file through libmatio alone, as far as it goes.
void read_by_matio(const std::string& path) {
  mat_t* file = Mat_Open(path.c_str(), MAT_ACC_RDONLY);
  require(file != nullptr, "libmatio refuses '" + path + "'");
  while (matvar_t* variable = Mat_VarReadNext(file)) Mat_VarFree(variable);
  Mat_Close(file);
}

std::string read(const std::string& kind, const std::string& path) {
  Facts facts;
  if (kind == "segmentation") read_segmentation(path, facts);
  if (kind == "classification") read_classification(path, facts);
  if (kind == "points") read_points(path, facts);
  if (kind == "checkpoint") read_training_state(path, facts);
  if (kind == "run") read_run(path, facts);
  if (kind == "truth") read_maps(read_bsds_ground_truth(path), facts);
  if (kind == "truth") read_bsds_boundaries(path);
  if (kind == "segs")
    read_maps(std::get<std::vector<LabelMap>>(read_mat_segmentations(path)), facts);
  if (kind == "ucm") read_contours(std::get<ContourMap>(read_mat_segmentations(path)), facts);
  if (kind == "results") read_results(path, facts);
  if (kind == "settings") read_settings(path);
  if (kind == "hierarchy") read_hierarchy(path);
  if (kind == "matio") read_by_matio(path);
  return facts.text();
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session&) {
    require(argc == 3, "usage: read_mutants write FOLDER | read SECONDS");
    if (std::string(argv[1]) == "write") {
      write_base_files(argv[2]);
      return ExitStatus::success;
    }
    const auto seconds = static_cast<unsigned>(std::atoi(argv[2]));
    std::string kind, path;
    while (std::cin >> kind && std::getline(std::cin >> std::ws, path)) {
      limit(seconds);
      std::string answer;
      try {
        answer = "read" + read(kind, path);
      } catch (const Error& error) {
        answer = std::string("refused ") + error.what();
      } catch (const std::exception& error) {
        answer = std::string("raised ") + error.what();
      }
      limit(0);
      // An answer is one line, and a refusal should be.
      for (auto at = answer.find('\n'); at != std::string::npos; at = answer.find('\n'))
        answer.replace(at, 1, "[line break]");
      std::cout << answer << std::endl;
    }
    return ExitStatus::success;
  });
}
