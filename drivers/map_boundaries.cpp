#include "data/sampling.hpp"
#include "models/boundary_network.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "storage/checkpoint.hpp"
#include "storage/digest.hpp"
#include "storage/hdf5.hpp"
#include "storage/output_claim.hpp"
#include "storage/publish.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string data;
  std::string checkpoint = "checkpoint.h5";
  std::string output = "boundaries.h5";
  std::vector<double> scales = {1};
  std::string log_level = "info";
};

constexpr const char* description =
    "Writes the boundary maps of images by a network trained with cuts.affinity = \"graph\": the\n"
    "probability of a boundary at each pixel. Images are spread over the ranks, which write one\n"
    "HDF5 file together; its content does not depend on their number.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 map_boundaries --checkpoint checkpoint.h5 --data test.h5\n"
    "  map_boundaries --checkpoint checkpoint.h5 --data test.h5 --scales 0.5,1,1.5";

void declare(CommandLine& line, Settings& s) {
  line.option("data", s.data, "Packed images");
  line.option("checkpoint", s.checkpoint, "Checkpoint of train_ncuts");
  line.option("output", s.output, "Where the maps go");
  line.option("scales", s.scales, "Sizes of the image, relative to view.whole_side, averaged over");
  line.choice("log", s.log_level, {"debug", "info", "warning", "error", "off"},
              "What is told on standard error");
  line.epilogue(examples);
}

BoundaryNetwork open_network(const Settings& s, const Communicator& world) {
  const auto checkpoint = read_checkpoint(s.checkpoint, world);
  const std::string source = "checkpoint '" + s.checkpoint + "'";
  NCutsTrainingSettings training;
  CommandLine line("map_boundaries", "");
  declare_ncuts_options(line, training);
  line.ignore_other_keys();
  line.parse_text(checkpoint.configuration, source);
  require(training.has_graph(), source + " is of a low-rank affinity, which has no boundary map");
  return {training, checkpoint.parameters, source, s.scales};
}

// First pixel of each image, and their number.
std::vector<std::int64_t> offsets_of(const SegmentationDataset& data) {
  std::vector<std::int64_t> offsets = {0};
  for (std::int64_t i = 0; i < data.size(); ++i)
    offsets.push_back(offsets.back() + std::int64_t{data[i].image.height} * data[i].image.width);
  return offsets;
}

void write_description(H5File& file, const Settings& s, const SegmentationDataset& data,
                       const std::vector<std::int64_t>& offsets) {
  file.set_format("eigenprop-boundaries", 1);
  file.set_attribute("/", "source", s.checkpoint);
  std::vector<std::string> names;
  std::vector<std::int32_t> sizes;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    names.push_back(data[i].name);
    sizes.insert(sizes.end(), {data[i].image.height, data[i].image.width});
  }
  file.write_strings("/images/name", names);
  file.write("/images/size", {data.size(), 2}, sizes.data());
  file.write("/images/offset", offsets);
  file.create_shared<float>("/boundaries/probability", {offsets.back()});
}

void write_maps(const Settings& s, const SegmentationDataset& data, BoundaryNetwork& network,
                const Communicator& world) {
  const auto offsets = offsets_of(data);
  const auto [first, last] = share_of(data.size(), world.rank(), world.size());
  Progress progress("boundaries", last - first, world.is_root() && s.log_level != "off");
  const std::string temporary = temporary_name(s.output);
  auto file = H5File::create(temporary, world);
  write_description(file, s, data, offsets);
  // Writing is collective: every rank takes part as often as the one with most images.
  const std::int64_t rounds = world.max(last - first);
  for (std::int64_t round = 0; round < rounds; ++round) {
    const std::int64_t i = first + round;
    std::vector<float> map;
    if (i < last) map = network.of(data[i]);
    file.write_rows("/boundaries/probability", i < last ? offsets[index(i)] : 0,
                    static_cast<std::int64_t>(map.size()), map.data());
    if (i < last) progress.update(round + 1, data[i].name);
  }
  file.close();
  world.barrier();
  if (world.is_root()) publish_file(temporary, s.output);
  world.barrier();
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
    const OutputClaim claim({{"data", s.data}, {"checkpoint", s.checkpoint}},
                            {{"output", s.output}}, world);
    require_same_data({{"data", s.data}}, world);
    auto network = open_network(s, world);
    const SegmentationDataset data(s.data);
    require(data.size() > 0, "data set '" + s.data + "' holds no image");
    write_maps(s, data, network, world);
    log->info("boundary maps of {} images in {}", data.size(), s.output);
    return ExitStatus::success;
  });
}
