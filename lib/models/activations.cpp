#include "models/activations.hpp"

#include <algorithm>

#include "data/sampling.hpp"
#include "runtime/error.hpp"
#include "storage/hdf5.hpp"
#include "storage/publish.hpp"

namespace eigenprop {
namespace {

void write_description(H5File& file, const ActivationSettings& request,
                       const Checkpoint& checkpoint, const ClassificationSource& data) {
  file.set_format("eigenprop-activations", 1);
  file.set_attribute("/", "layer", request.layer);
  file.set_attribute("/", "source", request.source);
  file.set_attribute("/", "step", checkpoint.step);
  file.set_attribute("/", "data", data.path());
  std::vector<std::string> names;
  std::vector<std::int32_t> labels;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    names.push_back(data.name(i));
    labels.push_back(data.label(i));
  }
  file.write_strings("/images/name", names);
  file.write("/labels/class", labels);
  file.write_strings("/labels/names", data.classes());
}

}  // namespace

void extract_activations(const ActivationSettings& request, const ClassificationSettings& settings,
                         const Checkpoint& checkpoint, const ClassificationSource& data,
                         const std::string& output,
                         const std::function<void(std::int64_t)>& progress,
                         const Communicator& comm) {
  require(data.size() > 0, "data set '" + data.path() + "' holds no image");
  const Shape extents = data.extents(settings.pixels, settings.framing.side);
  Graph graph =
      build_classifier(settings, static_cast<std::int64_t>(data.classes().size()), extents[2]);
  load_parameters(checkpoint.parameters, graph.parameters(), "'" + request.source + "'");
  const Value layer = graph.layer(request.layer);
  graph.name_output("stored", layer);
  // Of two images: an output that is one for all images, like the loss, shows.
  const TensorSpec two = graph.infer(layer, classifier_inputs(extents, 2));
  require(two.shape.rank() > 0 && two.shape[0] == 2,
          "layer '" + request.layer + "' has no output for each image");

  const auto [first, last] = share_of(data.size(), comm.rank(), comm.size());
  // Writing is collective: every rank takes part as often as the one with most images.
  std::int64_t rounds = (last - first + request.unit - 1) / request.unit;
  comm.max(&rounds, 1);
  const std::string temporary = temporary_name(output);
  AnyTensor::zeros(two.shape, two.precision).visit([&](const auto& typed) {
    using T = typename std::decay_t<decltype(typed)>::value_type;
    auto file = H5File::create(temporary, comm);
    write_description(file, request, checkpoint, data);
    file.create_shared<T>("/features", two.shape.with(0, data.size()), true);
    for (std::int64_t round = 0; round < rounds; ++round) {
      const std::int64_t from = std::min(first + round * request.unit, last);
      const std::int64_t to = std::min(from + request.unit, last);
      std::vector<T> values;
      if (from < to) {
        std::vector<std::int64_t> samples;
        for (std::int64_t i = from; i < to; ++i) samples.push_back(i);
        auto& execution = load_images(graph, settings, data, samples, 0, Mode::inference);
        naming_images(data, samples, [&] {
          execution.forward({});
          if (!all_finite(execution.value(layer)))
            throw NonFiniteError("layer '" + request.layer + "' is not finite");
        });
        values = to_host(execution.value(layer).as<T>());
      }
      file.write_rows("/features", from, to - from, values.data());
      progress(to - first);
    }
    file.close();
  });
  comm.barrier();
  if (comm.is_root()) publish_file(temporary, output);
  comm.barrier();
}

}  // namespace eigenprop
