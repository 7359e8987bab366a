#include "data/sampling.hpp"
#include "models/activations.hpp"
#include "runtime/log.hpp"
#include "runtime/progress.hpp"
#include "runtime/session.hpp"
#include "storage/digest.hpp"
#include "storage/output_claim.hpp"
#include "storage/trained_settings.hpp"

namespace {

using namespace eigenprop;

struct Settings {
  std::string config;
  std::string data;
  std::string checkpoint = "checkpoint.h5";
  std::string output = "activations.h5";
  ActivationSettings request;
  std::string log_level = "info";
};

constexpr const char* description =
    "Stores the output of one layer of a trained classifier for all images of a data set.\n"
    "Images are spread over the ranks, which write one HDF5 file together; its content does not\n"
    "depend on their number.";

constexpr const char* examples =
    "Examples:\n"
    "  mpirun -n 2 extract_activations --checkpoint checkpoint.h5 --data test.h5 --layer triangle\n"
    "train_classifier --dry-run prints the names of the layers.";

void declare(CommandLine& line, Settings& s) {
  line.file_name(s.config);
  line.option("data", s.data, "Packed images, or features of images");
  line.option("checkpoint", s.checkpoint, "Checkpoint of train_classifier");
  line.option("layer", s.request.layer, "Layer whose output is stored");
  line.option("output", s.output, "Where it goes");
  line.option("unit", s.request.unit, "Images that go through the network at once");
  declare_log_level(line, s.log_level);
  line.epilogue(examples);
}

}  // namespace

int main(int argc, char** argv) {
  return run_main(argc, argv, [&](Session& session) {
    const auto& world = session.world();
    Settings s;
    CommandLine line("extract_activations", description);
    declare(line, s);
    if (!parse_arguments(line, argc, argv, session)) return ExitStatus::success;
    if (s.data.empty()) throw ConfigurationError("no images: give --data FILE");
    if (s.request.layer.empty()) throw ConfigurationError("no layer: give --layer NAME");
    if (s.request.unit <= 0) throw ConfigurationError("unit must be positive");
    const auto log = make_logger(world, s.log_level);
    const OutputClaim claim({{"config", s.config}, {"data", s.data}, {"checkpoint", s.checkpoint}},
                            {{"output", s.output}}, world);
    require_same_data({{"data", s.data}}, world);
    const auto checkpoint = read_checkpoint(s.checkpoint, world);
    const auto data = open_classification_source(s.data);
    s.request.source = s.checkpoint;
    const auto [first, last] = share_of(data->size(), world.rank(), world.size());
    Progress progress("extracting", last - first, world.is_root() && s.log_level != "off");
    extract_activations(
        s.request,
        trained_settings(checkpoint, "checkpoint '" + s.checkpoint + "'",
                         declare_classification_options),
        checkpoint, *data, s.output,
        [&](std::int64_t done) { progress.update(done, s.request.layer); }, world);
    log->info("layer '{}' of {} images in {}", s.request.layer, data->size(), s.output);
    return ExitStatus::success;
  });
}
