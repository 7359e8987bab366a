#include "cuts/graph_spectrum.hpp"
#include "data/boundary_targets.hpp"
#include "data/gather.hpp"
#include "data/nested_partitions.hpp"
#include "data/sampling.hpp"
#include "evaluation/region_scores.hpp"
#include "evaluation/threshold_choice.hpp"
#include "models/contour_source.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "runtime/together.hpp"
#include "runtime/version.hpp"
#include "segmentation/contour_segmenter.hpp"
#include "segmentation/contour_weights.hpp"
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
  std::string output = "hierarchy.toml";
  ContourSourceSettings source;
  bool spectral = true;
  double sigma = HierarchySettings().sigma;
  double radius = 1;
  std::int64_t stride = 3;
  std::int64_t thresholds = 8;
  std::string log_level = "info";
};

constexpr const char* description =
    "Learns from training images how segment --partition hierarchy weighs what tells of a "
    "boundary\n"
    "(the network's boundary map, the image's gradient, contours of eigenvectors), by logistic\n"
    "regression on people's boundaries, and chooses the levels at which the hierarchy is cut.\n"
    "Writes a configuration file for segment. The cues of all images stay in memory, 12 bytes a\n"
    "pixel.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 fit_contours --checkpoint checkpoint.h5 --data train.h5\n"
    "  mpirun -n 2 segment --config hierarchy.toml --checkpoint checkpoint.h5 --data test.h5\n"
    "  fit_contours --affinity contour --spectral false --data train.h5 --output plain.toml";

void declare(CommandLine& line, Settings& s) {
  line.file_name(s.config);
  line.option("data", s.data, "Packed training images");
  line.option("checkpoint", s.checkpoint, "Checkpoint of train_ncuts");
  line.option("output", s.output, "Where the configuration goes");
  declare_contour_source(line, s.source);
  line.option("spectral", s.spectral, "Whether contours of eigenvectors are a cue");
  line.option("sigma", s.sigma, "Smoothing of the image before its gradient, pixels");
  line.option("radius", s.radius, "Pixels by which people's boundaries are thickened");
  line.option("stride", s.stride, "The regression sees every n-th row and column");
  line.option("thresholds", s.thresholds, "How many levels of the benchmark's 99 are chosen");
  declare_log_level(line, s.log_level);
  line.epilogue(std::string(examples) + "\n" + graph_solver_help);
}

void check(const Settings& s) {
  if (s.data.empty()) throw ConfigurationError("no images: give --data FILE");
  if (s.stride <= 0 || s.stride > 1000) throw ConfigurationError("stride must lie in 1 .. 1000");
  if (!(s.sigma > 0 && s.sigma <= 1000)) throw ConfigurationError("sigma must lie in (0, 1000]");
  if (s.radius < 0 || s.radius > 16) throw ConfigurationError("radius must lie in 0 .. 16");
  if (s.thresholds <= 0 || s.thresholds > 99)
    throw ConfigurationError("thresholds must lie in 1 .. 99");
  try {
    check_contour_settings(s.source.contour);
  } catch (const InputError& error) {
    throw ConfigurationError(error.what());
  }
}

// This rank's images and what tells of their boundaries.
struct Cues {
  std::int64_t first = 0;
  std::vector<ContourCues> images;
};

Cues cues_of(const Settings& s, const SegmentationDataset& data, const Communicator& world) {
  auto settings = s.source;
  settings.checkpoint = s.checkpoint;
  ContourSource source(settings, world, nullptr);
  require(s.spectral || source.has_graph(),
          "checkpoint '" + s.checkpoint +
              "' is of a low-rank affinity, which has no boundary map: its eigenvectors are all "
              "that can be learned from");
  const auto [first, last] = share_of(data.size(), world.rank(), world.size());
  Cues cues{first, {}};
  together(world, [&, first = first, last = last] {
    Progress progress("cues", last - first, world.is_root() && s.log_level != "off");
    for (std::int64_t i = first; i < last; ++i) {
      const auto image = data.image(i);
      const auto [spectrum, boundary] = source.of(image, {s.spectral, true});
      cues.images.push_back(contour_cues(image.image, boundary, spectrum, s.sigma));
      progress.update(i - first + 1, image.name);
    }
  });
  return cues;
}

ContourWeights weights_of(const Settings& s, const SegmentationDataset& data, const Cues& cues,
                          const Communicator& world) {
  ContourSamples samples;
  together(world, [&] {
    for (std::size_t i = 0; i < cues.images.size(); ++i) {
      const auto image = data.image(cues.first + static_cast<std::int64_t>(i));
      samples.add(cues.images[i], boundary_shares(image.segmentations, s.radius),
                  image.image.height, image.image.width, static_cast<int>(s.stride));
    }
  });
  return samples.fit(world);
}

// Levels of the benchmark's thresholds, on the root.
struct Levels {
  std::vector<double> thresholds;
  double covering = 0;  ///< mean over images of the best
};

Levels levels_of(const Settings& s, const SegmentationDataset& data, const Cues& cues,
                 const HierarchySettings& hierarchy, const Communicator& world) {
  const auto scales = benchmark_thresholds();
  std::vector<std::vector<float>> own;
  together(world, [&] {
    Progress progress("levels", static_cast<std::int64_t>(cues.images.size()),
                      world.is_root() && s.log_level != "off");
    for (std::size_t i = 0; i < cues.images.size(); ++i) {
      const auto image = data.image(cues.first + static_cast<std::int64_t>(i));
      const auto found = segment_by_contours(image.image, cues.images[i], hierarchy);
      const auto scores = score_nested(cut_contours(found.contours, scales), image.segmentations);
      own.emplace_back(scores.coverings.begin(), scores.coverings.end());
      progress.update(static_cast<std::int64_t>(i) + 1, image.name);
    }
  });
  const auto all = gather_to_root(own, world);
  Levels levels;
  if (!world.is_root()) return levels;
  const auto chosen = choose_levels(all, index(s.thresholds));
  for (const auto c : chosen) levels.thresholds.push_back(scales[c]);
  for (const auto& row : all) {
    float best = 0;
    for (const auto c : chosen) best = std::max(best, row[c]);
    levels.covering += static_cast<double>(best) / static_cast<double>(all.size());
  }
  return levels;
}

// What segment takes.
std::string configuration(const Settings& s, HierarchySettings hierarchy) {
  std::string partition = "hierarchy";
  auto source = s.source;
  CommandLine line("segment", "");
  line.option("partition", partition, "");
  declare_contour_source(line, source);
  declare_hierarchy_options(line, hierarchy);
  return "# eigenprop " + version() + ", commit " + commit() + ": fit_contours\n" +
         line.configuration();
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("fit_contours", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    check(s);
    const auto log = make_logger(world, s.log_level);
    std::vector<NamedFile> inputs = {{"config", s.config}, {"data", s.data}};
    if (s.source.affinity == "network") inputs.push_back({"checkpoint", s.checkpoint});
    const OutputClaim claim(inputs, {{"output", s.output}}, world);
    require_same_data({{"data", s.data}}, world);
    const SegmentationDataset data(s.data);
    require(data.size() > 0, "data set '" + s.data + "' holds no image");
    for (std::int64_t i = 0; i < data.size(); ++i)
      require(data.people(i) > 0, "image '" + data.name(i) + "' has no segmentation");
    const auto cues = cues_of(s, data, world);
    HierarchySettings hierarchy;
    hierarchy.sigma = s.sigma;
    hierarchy.weights = weights_of(s, data, cues, world);
    const auto& w = hierarchy.weights;
    log->info("weights: bias {:.3f}, boundary {:.3f}, edges {:.3f}, spectral {:.3f}", w.bias,
              w.boundary, w.edges, w.spectral);
    const auto levels = levels_of(s, data, cues, hierarchy, world);
    hierarchy.thresholds = levels.thresholds;
    together(world, [&] {
      if (world.is_root()) write_file(s.output, configuration(s, hierarchy));
    });
    log->info("{}: mean best covering of {} images by {} levels {:.4f}", s.output, data.size(),
              s.thresholds, levels.covering);
    return ExitStatus::success;
  });
}
