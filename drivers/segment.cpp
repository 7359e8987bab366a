#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <string>

#include "cuts/graph_spectrum.hpp"
#include "data/gather.hpp"
#include "data/packed_arrays.hpp"
#include "data/packed_labels.hpp"
#include "data/rank_group.hpp"
#include "evaluation/mat_files.hpp"
#include "models/contour_source.hpp"
#include "runtime/index.hpp"
#include "runtime/log.hpp"
#include "runtime/numbers.hpp"
#include "runtime/progress.hpp"
#include "runtime/random.hpp"
#include "runtime/session.hpp"
#include "runtime/timer.hpp"
#include "runtime/together.hpp"
#include "segmentation/eigenvector_file.hpp"
#include "segmentation/segmenter_options.hpp"
#include "storage/digest.hpp"
#include "storage/output_claim.hpp"
#include "storage/publish.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string data;
  std::string checkpoint = "checkpoint.h5";
  std::string output = "segmentations.h5";
  std::string eigenvectors;
  std::string shown;
  std::string features = "network";
  std::string partition = "kmeans";
  std::string ucm2;
  ContourSourceSettings source;
  std::int64_t ranks_per_image = 1;
  double colour_sigma = 2;
  std::int64_t colour_step = 4;
  double colour_position = 0.5;
  double joint_weight = 1;
  std::int64_t seed = 1;
  std::string log_level = "info";
  SegmenterSettings segmenter;
  HierarchySettings hierarchy;

  bool has_hierarchy() const { return partition == "hierarchy"; }
  /// Whether k-means sees eigenvectors, not the features themselves.
  bool clusters_spectrum() const { return features == "network" || features == "trunk"; }
  bool needs_spectrum() const {
    return has_hierarchy() ? hierarchy.weights.spectral != 0 || !eigenvectors.empty()
                           : clusters_spectrum();
  }
  /// Whether the network's features are those of a layer of a trunk.
  bool takes_trunk() const {
    return features == "trunk" || (features == "joint" && source.names_trunk());
  }
  bool needs_network() const {
    const bool needs_boundary = has_hierarchy() && hierarchy.weights.boundary != 0;
    return source.affinity == "network" &&
           (needs_boundary || needs_spectrum() || features == "joint");
  }
};

constexpr const char* description =
    "Segments images with a trained DeepNCuts network: eigenvectors of the normalized affinity,\n"
    "k-means for several numbers of clusters, connected parts (Ionescu et al., 2016, section "
    "7.2).\n"
    "With --features trunk the features are a layer's of a trunk with imported weights, not "
    "trained.\n"
    "With --affinity contour the classical method instead, without a network: intervening contour\n"
    "on a plain edge map. With --partition hierarchy the segments are those of a hierarchy of\n"
    "contours (Arbelaez et al., 2011), cut at several levels.\n"
    "Images are spread over the ranks; the file does not depend on their number.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 segment --checkpoint checkpoint.h5 --data test.h5 --output segmentations.h5\n"
    "  segment --features colour --data test.h5 --output baseline.h5\n"
    "  segment --features trunk --trunk.cut relu5 --checkpoint alexnet.h5 --data test.h5\n"
    "  mpirun -n 4 segment --affinity contour --ranks_per_image 4 --data large.h5";

void declare(CommandLine& line, Settings& s) {
  line.file_name(s.config);
  line.option("data", s.data, "Packed images");
  line.option("checkpoint", s.checkpoint,
              "Checkpoint of train_ncuts, or for --features trunk of import_weights.py");
  line.option("output", s.output, "Where the segmentations go");
  line.option("ucm2", s.ucm2,
              "Folder that exists, for contour maps as the benchmark reads them, NAME.mat; empty: "
              "nowhere");
  line.option("eigenvectors", s.eigenvectors,
              "Where the eigenvectors of one image go, of an affinity graph; empty: nowhere");
  line.option("shown", s.shown, "Name of that image; empty: the first");
  declare_contour_source(line, s.source);
  line.option("ranks_per_image", s.ranks_per_image,
              "Ranks that share the rows of one image's affinity graph");
  line.choice(
      "features", s.features, {"network", "trunk", "colour", "joint"},
      "network: eigenvectors of its affinity; trunk: eigenvectors of W = F F^T, F a layer's "
      "output; colour: colour and position without a network; joint: these beside the "
      "network's, or where trunk.name or trunk.cut is given beside the trunk's");
  line.option("trunk.name", s.source.trunk, "Trunk; empty: that of the checkpoint");
  line.option("trunk.cut", s.source.cut, "Its layer that gives F, like relu5; empty: its last");
  line.option("trunk.long_side", s.source.trunk_side,
              "Pixels of the longer side of images that enter the trunk");
  line.choice("partition", s.partition, {"kmeans", "hierarchy"},
              "kmeans: clusters of the eigenvectors, connected parts; hierarchy: regions between "
              "contours of the image and of the eigenvectors, merged by the strength of their "
              "boundaries");
  line.option("colour.sigma", s.colour_sigma, "Smoothing of the colour baseline in pixels");
  line.option("colour.step", s.colour_step, "It looks at every n-th pixel");
  line.option("colour.position", s.colour_position, "Weight of position against colour");
  line.option("joint.weight", s.joint_weight, "joint: weight of the network's features");
  line.option("seed", s.seed, "Determines the starts of the k-means");
  declare_log_level(line, s.log_level);
  declare_segmenter_options(line, s.segmenter);
  declare_hierarchy_options(line, s.hierarchy);
  line.epilogue(std::string(examples) + "\n" + graph_solver_help);
}

void check(const Settings& s) {
  if (s.data.empty()) throw ConfigurationError("no images: give --data FILE");
  constexpr std::int64_t largest_step = 1000000;
  if (s.colour_step <= 0 || s.colour_step > largest_step || s.colour_sigma <= 0)
    throw ConfigurationError("colour.step must lie in 1 .. " + std::to_string(largest_step) +
                             ", colour.sigma be positive");
  // Squares of more would drown the other features.
  for (const auto& [key, weight] :
       {std::pair<const char*, double>{"colour.position", s.colour_position},
        {"joint.weight", s.joint_weight}}) {
    if (!(std::abs(weight) <= 1e6))
      throw ConfigurationError(std::string(key) + " must lie in -1e6 .. 1e6, not be " +
                               number_text(weight));
  }
  if (s.source.trunk_side <= 0) throw ConfigurationError("trunk.long_side must be positive");
  if (s.source.names_trunk() && !s.takes_trunk())
    throw ConfigurationError("trunk.name and trunk.cut belong to --features trunk or joint, not " +
                             s.features);
  if (s.source.affinity == "contour" && (s.features == "trunk" || s.features == "joint"))
    throw ConfigurationError("--features " + s.features +
                             " takes the features of --affinity network, not of contour");
  if (s.ranks_per_image <= 0) throw ConfigurationError("ranks_per_image must be positive");
  if (s.has_hierarchy() && !s.clusters_spectrum())
    throw ConfigurationError(
        "--partition hierarchy takes contours of the image and of the "
        "eigenvectors of an affinity, not --features " +
        s.features);
  if (!s.ucm2.empty() && !s.has_hierarchy())
    throw ConfigurationError("--ucm2 takes the contours of --partition hierarchy");
  if (!s.ucm2.empty() && !std::filesystem::is_directory(s.ucm2))
    throw ConfigurationError("--ucm2: there is no folder '" + s.ucm2 + "'");
  if (!s.shown.empty() && s.eigenvectors.empty())
    throw ConfigurationError("--shown names the image of --eigenvectors, which is not given");
  if (s.segmenter.epsilon < 0)
    throw ConfigurationError("segmenter.epsilon must be positive, not " +
                             number_text(s.segmenter.epsilon) + "; 0 takes that of the training");
  if (s.segmenter.by_rank &&
      (s.has_hierarchy() || s.features != "network" || s.source.affinity != "network"))
    throw ConfigurationError(
        "segmenter.by_rank clusters eigenvectors of a trained network: --features network, "
        "--affinity network, --partition kmeans");
  try {
    check_contour_settings(s.source.contour);
    require(fits_seed(s.seed), "seed must fit 32 bits");
    check_hierarchy_settings(s.hierarchy);
    check_segmenter_settings(s.segmenter);
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

ContourSource open_source(const Settings& s, const Communicator& world,
                          const Communicator* sharing) {
  auto settings = s.source;
  settings.checkpoint = s.checkpoint;
  settings.needs_network = s.needs_network();
  settings.takes_trunk = s.takes_trunk();
  settings.eigenvectors = s.segmenter.eigenvectors;
  ContourSource source(settings, world, sharing);
  if (!s.eigenvectors.empty() && !source.has_graph())
    throw ConfigurationError(
        "--eigenvectors tells those of an affinity graph: --affinity contour, or a checkpoint "
        "trained with cuts.affinity = \"graph\"");
  const std::string checkpoint = "checkpoint '" + s.checkpoint + "'";
  require(
      s.features != "joint" || source.features(),
      "--features joint needs a low-rank affinity, and " + checkpoint + " is of an affinity graph");
  require(!s.segmenter.by_rank || source.features(),
          "segmenter.by_rank needs a low-rank affinity, and " + checkpoint +
              " is of an affinity graph");
  require(!s.segmenter.by_rank || source.training().is_regularized() || s.segmenter.epsilon > 0,
          "segmenter.by_rank: " + checkpoint +
              " was trained without objective.projector = \"regularized\"; give "
              "--segmenter.epsilon");
  return source;
}

// The number of the image whose eigenvectors are written.
std::int64_t shown_image(const Settings& s, const SegmentationDataset& data) {
  for (std::int64_t i = 0; i < data.size(); ++i) {
    if (s.shown.empty() || data.name(i) == s.shown) return i;
  }
  throw ConfigurationError("--shown: data set '" + s.data + "' has no image '" + s.shown + "'");
}

// Segments one image by all ranks of a group.
class ImageSegmenter {
 public:
  /// `shown`: number of the image whose eigenvectors are written, -1 for none.
  ImageSegmenter(const Settings& s, std::int64_t shown, const Communicator& world,
                 const Communicator* sharing)
      : settings_(s), shown_(shown), sharing_(sharing), source_(open_source(s, world, sharing)) {}

  /// Adds segmentations, and contours of a hierarchy, on the root of those who share the image.
  void operator()(const SegmentedImage& source, std::int64_t number, SegmentedImage& result) {
    const auto& image = source.image;
    const RandomKey key{static_cast<std::uint32_t>(settings_.seed), RandomPurpose::clustering, 0,
                        static_cast<std::uint32_t>(number), 0};
    const auto& segmenter = settings_.segmenter;
    const auto [spectrum, boundary] =
        source_.of(source, {settings_.needs_spectrum(), settings_.has_hierarchy()});
    // One of those who share the image goes on.
    if (sharing_ && !sharing_->is_root()) return;
    if (number == shown_) write_eigenvectors(settings_.eigenvectors, source, spectrum);
    if (settings_.has_hierarchy()) {
      const auto cues = contour_cues(image, boundary, spectrum, settings_.hierarchy.sigma);
      auto found = segment_by_contours(image, cues, settings_.hierarchy);
      result.segmentations = std::move(found.maps);
      result.contours = std::move(found.contours);
    } else if (settings_.clusters_spectrum()) {
      result.segmentations = segment_spectrum(spectrum, image.height, image.width, segmenter, key);
      if (segmenter.by_rank) {
        const double rank = effective_rank_of(source_.features()->of(source), source_.metric(),
                                              source_.training(), segmenter.epsilon);
        segments_ = segments_of_rank(rank);
        result.segmentations.push_back(
            segment_leading(spectrum, segments_, image.height, image.width, segmenter, key));
      }
    } else {
      const auto vectors = vectors_of(source);
      result.segmentations = segment_vectors(
          {vectors.values.data(), vectors.height, vectors.width, vectors.dimensions}, image.height,
          image.width, segmenter, key);
    }
  }

  /// The number of segments that the last image's effective rank told; 0 where it was not asked.
  int segments_by_rank() const { return segments_; }

 private:
  PixelVectors vectors_of(const SegmentedImage& source) {
    auto vectors = colour_position_features(source.image, settings_.colour_sigma,
                                            settings_.colour_step, settings_.colour_position);
    if (settings_.features == "colour") return vectors;
    // Rows of F Λ^(1/2), whose products are the affinities W = FΛFᵀ.
    const auto grid = source_.features()->of(source);
    const std::int64_t rows = std::int64_t{grid.height} * grid.width;
    const PixelVectors learned{
        grid.height, grid.width, grid.dimensions,
        source_.metric() ? multiply_by_root({grid.data, rows, grid.dimensions}, source_.metric())
                         : std::vector<double>(grid.data, grid.data + rows * grid.dimensions)};
    return join_vectors(vectors, learned, settings_.joint_weight);
  }

  const Settings& settings_;
  std::int64_t shown_;
  const Communicator* sharing_;
  ContourSource source_;
  int segments_ = 0;
};

std::string ucm2_file(const Settings& s, const std::string& name) {
  require(!name.empty() && name.find('/') == std::string::npos,
          "--ucm2: image '" + name + "' of data set '" + s.data + "' has no name of a file");
  return s.ucm2 + "/" + name + ".mat";
}

std::size_t maps_of_image(const Settings& s) {
  return s.has_hierarchy() ? s.hierarchy.thresholds.size()
                           : s.segmenter.clusters.size() + (s.segmenter.by_rank ? 1 : 0);
}

// The result file, written while images are segmented.
class ResultFile {
 public:
  ResultFile(const Settings& s, const SegmentationDataset& data)
      : settings_(s), temporary_(s.output), file_(H5File::create(temporary_.name())) {
    file_.set_format("eigenprop-segmentations", 1);
    file_.set_attribute("/", "source",
                        s.source.affinity == "contour" ? std::string("intervening contour")
                        : s.features == "colour"       ? std::string("colour and position")
                        : s.takes_trunk() ? s.checkpoint + ", trunk cut at '" + s.source.cut + "'"
                                          : s.checkpoint);
    std::int64_t labels = 0, contours = 0;
    for (std::int64_t i = 0; i < data.size(); ++i) {
      const ContourMap map{data.height(i), data.width(i), {}};
      labels += static_cast<std::int64_t>(maps_of_image(s)) * map.height * map.width;
      if (s.has_hierarchy()) contours += std::int64_t{map.rows()} * map.columns();
    }
    maps_.emplace(file_, labels, contours);
  }

  void add(const SegmentedImage& image) { maps_->add(image); }

  /// `by_rank`: the segments of each image that its effective rank told.
  void publish(const std::vector<std::int32_t>& by_rank) {
    const auto& s = settings_;
    maps_->finish();
    std::vector<std::int32_t> clusters;
    std::vector<double> levels;
    for (const auto segments : by_rank) {
      for (const auto k : s.segmenter.clusters) clusters.push_back(static_cast<std::int32_t>(k));
      if (s.segmenter.by_rank) clusters.push_back(segments);
      levels.insert(levels.end(), s.hierarchy.thresholds.begin(), s.hierarchy.thresholds.end());
    }
    if (s.has_hierarchy()) {
      file_.write("/segmentations/level", levels);
    } else {
      file_.write("/segmentations/k", clusters);
    }
    describe_packed_arrays(file_);
    file_.close();
    temporary_.publish();
    if (s.ucm2.empty()) return;
    const LabelMapReader maps(s.output, "eigenprop-segmentations");
    for (std::int64_t i = 0; i < maps.size(); ++i)
      write_ucm2(ucm2_file(s, maps.name(i)), maps.image(i).contours);
  }

 private:
  const Settings& settings_;
  TemporaryFile temporary_;
  H5File file_;
  std::optional<LabelMapWriter> maps_;
};

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("segment", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check(s);
    const auto log = make_logger(world, s.log_level);
    std::vector<NamedFile> inputs = {{"config", s.config}, {"data", s.data}},
                           outputs = {{"output", s.output}}, contours;
    if (s.needs_network()) inputs.push_back({"checkpoint", s.checkpoint});
    if (!s.eigenvectors.empty()) outputs.push_back({"eigenvectors", s.eigenvectors});
    require_same_data({{"data", s.data}}, world);
    const SegmentationDataset data(s.data, 0);  // each image is read once
    for (std::int64_t i = 0; i < data.size() && !s.ucm2.empty(); ++i)
      contours.push_back({"ucm2", ucm2_file(s, data.name(i))});
    const OutputClaim claim(inputs, outputs, world, contours);
    // The folder as a whole: a lock for each of thousands of maps would take as many open files.
    std::optional<FileLock> folder;
    together(world, [&] {
      if (world.is_root() && !s.ucm2.empty()) folder.emplace(s.ucm2 + "/ucm2");
    });
    const RankGroup group(s.ranks_per_image, world);
    const std::int64_t shown = s.eigenvectors.empty() ? -1 : shown_image(s, data);
    ImageSegmenter segmenter(s, shown, world, group.shared());
    std::optional<ResultFile> result;
    together(world, [&] {
      if (world.is_root()) result.emplace(s, data);
    });
    ImageConveyor conveyor(data.size(), group, world,
                           [&](const SegmentedImage& image) { result->add(image); });
    std::vector<std::int32_t> by_rank(index(data.size()), 0);
    const Timer timer;
    Progress progress("segmenting", data.size(), world.is_root() && s.log_level != "off");
    for (std::int64_t i = group.number(); i < data.size(); i += group.groups()) {
      SegmentedImage image;
      image.name = data.name(i);
      image.image.height = data.height(i);
      image.image.width = data.width(i);
      segmenter(data.image(i), i, image);
      by_rank[index(i)] = segmenter.segments_by_rank();
      if (group.is_root()) conveyor.give(std::move(image));
      progress.update(std::min(data.size(), i + group.groups()), data.name(i));
    }
    conveyor.finish();
    world.max(by_rank.data(), data.size());
    if (world.is_root()) result->publish(by_rank);
    // The slowest rank has gone through its images.
    log->info("{} segmentations of {} images in {}, {:.3g} seconds an image on {} ranks",
              maps_of_image(s), data.size(), s.output,
              timer.seconds() / static_cast<double>(data.size()), world.size());
    return ExitStatus::success;
  });
}
