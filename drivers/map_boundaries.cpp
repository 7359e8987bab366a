#include "data/gather.hpp"
#include "data/packed_arrays.hpp"
#include "data/sampling.hpp"
#include "models/boundary_network.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "runtime/together.hpp"
#include "storage/digest.hpp"
#include "storage/hdf5.hpp"
#include "storage/output_claim.hpp"
#include "storage/trained_settings.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string data;
  std::string checkpoint = "checkpoint.h5";
  std::string output = "boundaries.h5";
  TestTimeAugmentation augmentation;
  std::string log_level = "info";
};

constexpr const char* description =
    "Writes the boundary maps of images by a network trained with cuts.affinity = \"graph\": the\n"
    "probability of a boundary at each pixel. Images are spread over the ranks; the file does not\n"
    "depend on their number.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 map_boundaries --checkpoint checkpoint.h5 --data test.h5\n"
    "  map_boundaries --checkpoint checkpoint.h5 --data test.h5 --scales 0.5,1,1.5";

void declare(CommandLine& line, Settings& s) {
  line.file_name(s.config);
  line.option("data", s.data, "Packed images");
  line.option("checkpoint", s.checkpoint, "Checkpoint of train_ncuts");
  line.option("output", s.output, "Where the maps go");
  declare_test_time_augmentation(line, s.augmentation);
  declare_log_level(line, s.log_level);
  line.epilogue(examples);
}

BoundaryNetwork open_network(const Settings& s, const Communicator& world) {
  const auto checkpoint = read_checkpoint(s.checkpoint, world);
  const std::string source = "checkpoint '" + s.checkpoint + "'";
  const auto training = trained_settings(checkpoint, source, declare_ncuts_options);
  require(training.has_graph(), source + " is of a low-rank affinity, which has no boundary map");
  return {training, checkpoint.parameters, source, s.augmentation};
}

// Maps of this rank's images.
std::vector<std::vector<float>> own_maps(const Settings& s, const SegmentationDataset& data,
                                         BoundaryNetwork& network, const Communicator& world) {
  const auto [first, last] = share_of(data.size(), world.rank(), world.size());
  Progress progress("boundaries", last - first, world.is_root() && s.log_level != "off");
  std::vector<std::vector<float>> maps;
  for (std::int64_t i = first; i < last; ++i) {
    maps.push_back(network.of(data.image(i)).pixels);
    progress.update(i - first + 1, data.name(i));
  }
  return maps;
}

void write_result(const Settings& s, const SegmentationDataset& data,
                  const std::vector<std::vector<float>>& maps) {
  auto file = H5File::compose(s.output);
  file.set_format("eigenprop-boundaries", 1);
  file.set_attribute("/", "source", s.checkpoint);
  std::vector<std::string> names;
  std::vector<std::int32_t> sizes;
  std::vector<std::int64_t> offsets = {0};
  std::vector<float> probabilities;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    names.push_back(data.name(i));
    sizes.insert(sizes.end(), {data.height(i), data.width(i)});
    const auto& map = maps[index(i)];
    probabilities.insert(probabilities.end(), map.begin(), map.end());
    offsets.push_back(static_cast<std::int64_t>(probabilities.size()));
  }
  file.write_strings("/images/name", names);
  file.write("/images/size", {data.size(), 2}, sizes.data());
  file.write("/images/offset", offsets);
  file.write("/boundaries/probability", probabilities);
  describe_packed_arrays(file);
  file.publish();
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("map_boundaries", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.data.empty()) throw ConfigurationError("no images: give --data FILE");
    const auto log = make_logger(world, s.log_level);
    const OutputClaim claim({{"config", s.config}, {"data", s.data}, {"checkpoint", s.checkpoint}},
                            {{"output", s.output}}, world);
    require_same_data({{"data", s.data}}, world);
    auto network = open_network(s, world);
    const SegmentationDataset data(s.data, 0);  // each image is read once
    require(data.size() > 0, "data set '" + s.data + "' holds no image");
    std::vector<std::vector<float>> own;
    together(world, [&] { own = own_maps(s, data, network, world); });
    const auto all = gather_to_root(own, world);
    together(world, [&] {
      if (world.is_root()) write_result(s, data, all);
    });
    log->info("boundary maps of {} images in {}", data.size(), s.output);
    return ExitStatus::success;
  });
}
