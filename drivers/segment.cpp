#include "data/gather.hpp"
#include "data/packed_labels.hpp"
#include "data/sampling.hpp"
#include "models/ncuts_inference.hpp"
#include "models/ncuts_options.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "segmentation/contour_affinity.hpp"
#include "segmentation/segmenter_options.hpp"
#include "storage/checkpoint.hpp"
#include "storage/digest.hpp"
#include "storage/output_claim.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string data;
  std::string checkpoint = "checkpoint.h5";
  std::string output = "segmentations.h5";
  std::string affinity = "network";
  std::string features = "network";
  ContourSettings contour;
  std::int64_t ranks_per_image = 1;
  double colour_sigma = 2;
  std::int64_t colour_step = 4;
  double colour_position = 0.5;
  double joint_weight = 1;
  std::int64_t seed = 1;
  std::string log_level = "info";
  SegmenterSettings segmenter;
};

constexpr const char* description =
    "Segments images with a trained DeepNCuts network: eigenvectors of the normalized affinity,\n"
    "k-means for several numbers of clusters, connected parts (Ionescu et al., 2016, section "
    "7.2).\n"
    "With --affinity contour the classical method instead, without a network: intervening contour\n"
    "on a plain edge map.\n"
    "Images are spread over the ranks; the file does not depend on their number.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 segment --checkpoint checkpoint.h5 --data test.h5 --output segmentations.h5\n"
    "  segment --features colour --data test.h5 --output baseline.h5\n"
    "  mpirun -n 4 segment --affinity contour --ranks_per_image 4 --data large.h5";

void declare(CommandLine& line, Settings& s) {
  line.file_name(s.config);
  line.option("data", s.data, "Packed images");
  line.option("checkpoint", s.checkpoint, "Checkpoint of train_ncuts");
  line.option("output", s.output, "Where the segmentations go");
  line.choice("affinity", s.affinity, {"network", "contour"},
              "network: that of the checkpoint; contour: edge weights by intervening contour on an "
              "edge map of the image");
  line.option("ranks_per_image", s.ranks_per_image,
              "Ranks that share the rows of one image's affinity graph");
  line.option("contour.sigma", s.contour.sigma,
              "Smoothing of the image before its gradient, pixels");
  line.option("contour.step", s.contour.step, "Side of the squares of pixels that are one node");
  line.option("contour.radius", s.contour.radius, "Largest distance of tied nodes, 1 to 10");
  line.option("contour.width", s.contour.width,
              "Width of the contour as a share of the map's strongest percent");
  line.option("contour.vectors", s.contour.vectors, "Leading eigenvectors");
  line.option("contour.tolerance", s.contour.tolerance, "Of their residuals");
  line.choice("features", s.features, {"network", "colour", "joint"},
              "network: eigenvectors of its affinity; colour: colour and position without a "
              "network; joint: both side by side");
  line.option("colour.sigma", s.colour_sigma, "Smoothing of the colour baseline in pixels");
  line.option("colour.step", s.colour_step, "It looks at every n-th pixel");
  line.option("colour.position", s.colour_position, "Weight of position against colour");
  line.option("joint.weight", s.joint_weight, "joint: weight of the network's features");
  line.option("seed", s.seed, "Determines the starts of the k-means");
  line.choice("log", s.log_level, {"debug", "info", "warning", "error", "off"},
              "What is told on standard error");
  declare_segmenter_options(line, s.segmenter);
  line.epilogue(examples);
}

// Segments one image by all ranks of a group; owns the network where there is one.
class ImageSegmenter {
 public:
  ImageSegmenter(const Settings& s, const Communicator& world, const Communicator& group)
      : settings_(s), sharing_(group.size() > 1 ? &group : nullptr) {
    if (s.affinity == "contour" || s.features == "colour") return;
    const auto checkpoint = read_checkpoint(s.checkpoint, world);
    const std::string source = "checkpoint '" + s.checkpoint + "'";
    NCutsTrainingSettings training;
    CommandLine line("segment", "");
    declare_ncuts_options(line, training);
    line.ignore_other_keys();
    line.parse_text(checkpoint.configuration, source);
    if (training.has_graph()) {
      require(s.features == "network", "--features " + s.features +
                                           " needs a low-rank affinity, and " + source +
                                           " is of an affinity graph");
      graph_ =
          std::make_unique<GraphCutsNetwork>(training, checkpoint.parameters, source, sharing_);
      return;
    }
    network_ = std::make_unique<NCutsFeatures>(training, checkpoint.parameters, source);
    metric_ = metric_of_features(checkpoint, network_->dimensions(), source);
  }

  std::vector<LabelMap> operator()(const SegmentedImage& image, std::int64_t number) {
    const RandomKey key{static_cast<std::uint32_t>(settings_.seed), RandomPurpose::clustering, 0,
                        static_cast<std::uint32_t>(number), 0};
    const int height = image.image.height;
    const int width = image.image.width;
    if (settings_.affinity == "contour" || graph_) {
      const auto spectrum = graph_ ? graph_->eigenvectors_of(image)
                                   : contour_vectors(image.image, settings_.contour, sharing_);
      // One of those who share the image goes on.
      if (sharing_ && !sharing_->is_root()) return {};
      return segment_spectrum(spectrum, height, width, settings_.segmenter, key);
    }
    if (settings_.features == "network") {
      return segment(network_->of(image), metric_.data(), height, width, settings_.segmenter, key);
    }
    auto vectors = colour_position_features(image.image, settings_.colour_sigma,
                                            settings_.colour_step, settings_.colour_position);
    if (settings_.features == "joint") {
      // Rows of F Λ^(1/2), whose products are the affinities W = FΛFᵀ.
      const auto grid = network_->of(image);
      const std::int64_t rows = std::int64_t{grid.height} * grid.width;
      const PixelVectors learned{
          grid.height, grid.width, grid.dimensions,
          multiply_by_root({grid.data, rows, grid.dimensions}, metric_.data())};
      vectors = join_vectors(vectors, learned, settings_.joint_weight);
    }
    return segment_vectors(
        {vectors.values.data(), vectors.height, vectors.width, vectors.dimensions}, height, width,
        settings_.segmenter, key);
  }

 private:
  const Settings& settings_;
  const Communicator* sharing_;
  std::unique_ptr<GraphCutsNetwork> graph_;
  std::unique_ptr<NCutsFeatures> network_;
  std::vector<double> metric_;
};

void write_result(const Settings& s, const std::vector<SegmentedImage>& images) {
  auto file = H5File::compose(s.output);
  file.set_format("eigenprop-segmentations", 1);
  file.set_attribute("/", "source",
                     s.affinity == "contour"  ? std::string("intervening contour")
                     : s.features == "colour" ? std::string("colour and position")
                                              : s.checkpoint);
  write_label_maps(file, images);
  std::vector<std::int32_t> clusters;
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (const auto k : s.segmenter.clusters) clusters.push_back(static_cast<std::int32_t>(k));
  }
  file.write("/segmentations/k", clusters);
  file.publish();
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("segment", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.data.empty()) throw ConfigurationError("no images: give --data FILE");
    if (s.colour_step <= 0 || s.colour_sigma <= 0)
      throw ConfigurationError("colour.step and colour.sigma must be positive");
    if (s.ranks_per_image <= 0) throw ConfigurationError("ranks_per_image must be positive");
    const auto log = make_logger(world, s.log_level);
    std::vector<NamedFile> inputs = {{"config", s.config}, {"data", s.data}};
    if (s.affinity != "contour" && s.features != "colour")
      inputs.push_back({"checkpoint", s.checkpoint});
    const OutputClaim claim(inputs, {{"output", s.output}}, world);
    require_same_data({{"data", s.data}}, world);
    const SegmentationDataset data(s.data);
    const auto size = world.size();
    const int groups =
        std::max(1, size / static_cast<int>(std::min<std::int64_t>(s.ranks_per_image, size)));
    const int number = world.rank() * groups / size;
    const auto group = world.split(number);
    ImageSegmenter segmenter(s, world, group);
    const auto [first, last] = share_of(data.size(), number, groups);
    std::vector<SegmentedImage> own;
    Progress progress("segmenting", last - first, world.is_root() && s.log_level != "off");
    for (std::int64_t i = first; i < last; ++i) {
      SegmentedImage image;
      image.name = data[i].name;
      image.image.height = data[i].image.height;
      image.image.width = data[i].image.width;
      image.segmentations = segmenter(data[i], i);
      if (group.is_root()) own.push_back(std::move(image));
      progress.update(i - first + 1, data[i].name);
    }
    const auto all = gather_to_root(own, world);
    if (world.is_root()) write_result(s, all);
    log->info("{} segmentations of {} images in {}", s.segmenter.clusters.size(), data.size(),
              s.output);
    return ExitStatus::success;
  });
}
