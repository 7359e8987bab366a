#include "models/activations.hpp"

#include <algorithm>
#include <optional>

#include "data/sampling.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/message_count.hpp"
#include "runtime/together.hpp"
#include "storage/array_descriptions.hpp"
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
  describe_arrays(file, {{"/images/name", {"name"}, "name of the image"},
                         {"/labels/class", {"sample"}, "number of the class"},
                         {"/labels/names", {"class_number"}, "name of the class"}});
}

// Of one sample each; those of maps are pixels.
std::vector<std::string> feature_dimensions(const Shape& shape) {
  if (shape.rank() == 4) return {"sample", "height", "width", "channel"};
  std::vector<std::string> names = {"sample"};
  if (shape.rank() == 2) names.push_back("feature");
  if (shape.rank() == 3) names.insert(names.end(), {"row", "column"});
  return names;
}

/// What one rank has extracted in one round: rows of the data set.
template <class T>
struct Rows {
  std::int64_t first = 0, count = 0;
  std::vector<T> values = {};
};

/// The rows of all ranks, one rank after another, to a file that rank 0 has open. `size`: of a row.
/// Collective.
template <class T>
void write_rows(H5File* file, const Rows<T>& own, std::int64_t size, const Communicator& comm) {
  constexpr int tag = 0;
  const int bytes = message_count(size * static_cast<std::int64_t>(sizeof(T)));
  const auto firsts = comm.gather_all(own.first);
  const auto counts = comm.gather_all(own.count);
  for (int rank = 0; rank < comm.size(); ++rank) {
    const auto first = firsts[index(rank)], count = counts[index(rank)];
    std::vector<T> received;
    if (comm.is_root() && rank > 0) received.resize(index(count * size));
    // One message a row: many rows may hold more than MPI counts.
    for (std::int64_t i = 0; i < count && rank > 0; ++i) {
      if (comm.rank() == rank)
        check_mpi(MPI_Send(&own.values[index(i * size)], bytes, MPI_BYTE, 0, tag, comm.get()));
      if (comm.is_root())
        check_mpi(MPI_Recv(&received[index(i * size)], bytes, MPI_BYTE, rank, tag, comm.get(),
                           MPI_STATUS_IGNORE));
    }
    const auto& values = rank > 0 ? received : own.values;
    together(comm, [&] {
      if (file) file->write_rows("/features", first, count, values.data());
    });
  }
}

template <class T>
std::vector<T> values_of(Graph& graph, const Value& layer, const std::string& name,
                         const ClassificationSettings& settings, const ClassificationSource& data,
                         std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> samples;
  for (std::int64_t i = from; i < to; ++i) samples.push_back(i);
  if (samples.empty()) return {};
  auto& execution = load_images(graph, settings, data, samples, 0, Mode::inference);
  naming_images(data, samples, [&] {
    execution.forward({});
    if (!all_finite(execution.value(layer)))
      throw NonFiniteError("layer '" + name + "' is not finite");
  });
  return to_host(execution.value(layer).as<T>());
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

  // No structured binding: lambdas of C++17 capture none.
  const auto share = share_of(data.size(), comm.rank(), comm.size());
  const std::int64_t first = share.first, last = share.second;
  // Rank 0 writes what all extract: every rank takes part as often as the one with most images.
  std::int64_t rounds = (last - first + request.unit - 1) / request.unit;
  comm.max(&rounds, 1);
  AnyTensor::zeros(two.shape, two.precision).visit([&](const auto& typed) {
    using T = typename std::decay_t<decltype(typed)>::value_type;
    // Of rank 0.
    std::optional<TemporaryFile> temporary;
    std::optional<H5File> file;
    together(comm, [&] {
      if (!comm.is_root()) return;
      temporary.emplace(output);
      file.emplace(H5File::create(temporary->name()));
      write_description(*file, request, checkpoint, data);
      const Shape shape = two.shape.with(0, data.size());
      file->create_chunked<T>("/features", shape);
      describe_arrays(*file, {{"/features", feature_dimensions(shape), "output of the layer"}});
    });
    for (std::int64_t round = 0; round < rounds; ++round) {
      Rows<T> rows;
      rows.first = std::min(first + round * request.unit, last);
      rows.count = std::min(request.unit, last - rows.first);
      together(comm, [&] {
        rows.values = values_of<T>(graph, layer, request.layer, settings, data, rows.first,
                                   rows.first + rows.count);
      });
      write_rows(file ? &*file : nullptr, rows, two.shape.size() / 2, comm);
      progress(rows.first + rows.count - first);
    }
    together(comm, [&] {
      if (!comm.is_root()) return;
      file->close();
      temporary->publish();
    });
  });
}

}  // namespace eigenprop
