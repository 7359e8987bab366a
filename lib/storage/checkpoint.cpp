#include "storage/checkpoint.hpp"

#include <optional>
#include <type_traits>

#include "runtime/phase.hpp"
#include "runtime/together.hpp"
#include "storage/digest.hpp"
#include "storage/hdf5.hpp"
#include "storage/publish.hpp"

namespace eigenprop {
namespace {

constexpr const char* format = "eigenprop-checkpoint";
constexpr std::int64_t version_number = 1;

void write_tensor(H5File& file, const std::string& name, const AnyTensor& any) {
  any.visit([&](const auto& tensor) { file.write(name, tensor.shape(), to_host(tensor).data()); });
}

// Of the shape and type of a dataset, with values that are not set.
AnyTensor make_tensor(const H5File& file, const std::string& name) {
  // Before anything of this size is allocated.
  file.require_stored(name);
  const Shape shape = file.shape(name);
  return file.is_double(name) ? AnyTensor(Tensor<double>(shape)) : AnyTensor(Tensor<float>(shape));
}

std::map<std::string, AnyTensor> make_group(const H5File& file, const std::string& group) {
  std::map<std::string, AnyTensor> tensors;
  for (const auto& name : file.names(group)) tensors[name] = make_tensor(file, group + "/" + name);
  return tensors;
}

std::string describe(const AnyTensor& tensor) {
  return precision_name(tensor.precision()) + " " + tensor.shape().text();
}

bool alike(const AnyTensor& a, const AnyTensor& b) {
  return a.shape() == b.shape() && a.precision() == b.precision();
}

// Calls `act` with the dataset's name and the tensor, for all tensors.
template <class Act>
void for_each_tensor(const Checkpoint& checkpoint, const Act& act) {
  const auto in_group = [&](const std::string& group, const auto& tensors) {
    for (const auto& [name, tensor] : tensors) act(group + "/" + name, tensor);
  };
  in_group("/parameters", checkpoint.parameters);
  in_group("/results", checkpoint.results);
  for (const auto& [slot, tensors] : checkpoint.optimizer) in_group("/optimizer/" + slot, tensors);
}

void write(const std::string& path, const Checkpoint& checkpoint) {
  TemporaryFile temporary(path);
  auto file = H5File::create(temporary.name());
  file.set_format(format, version_number);
  file.set_attribute("/", "step", checkpoint.step);
  // The model's description may exceed what HDF5 allows an attribute (64 KiB).
  file.write_string("/model", checkpoint.model);
  file.write_string("/configuration", checkpoint.configuration);
  for_each_tensor(checkpoint, [&](const std::string& name, const AnyTensor& tensor) {
    write_tensor(file, name, tensor);
  });
  for (const auto& [key, digest] : checkpoint.data) file.write_string("/data/" + key, digest);
  file.close();
  temporary.publish();
}

}  // namespace

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                      const Communicator& comm) {
  const PhaseScope scope(Phase::output);
  together(comm, [&] {
    if (comm.is_root()) write(path, checkpoint);
  });
}

namespace {

// All but the values.
Checkpoint read_outline(const H5File& file) {
  file.check_format(format, version_number);
  Checkpoint checkpoint;
  checkpoint.step = file.integer_attribute("/", "step");
  require(checkpoint.step >= 0, "file '" + file.path() + "': attribute 'step' of '/' is " +
                                    std::to_string(checkpoint.step) + ", less than 0");
  checkpoint.model = file.read_string("/model");
  checkpoint.configuration = file.read_string("/configuration");
  checkpoint.parameters = make_group(file, "/parameters");
  checkpoint.results = make_group(file, "/results");
  for (const auto& slot : file.names("/optimizer"))
    checkpoint.optimizer[slot] = make_group(file, "/optimizer/" + slot);
  for (const auto& key : file.names("/data"))
    checkpoint.data[key] = file.read_strings("/data/" + key).at(0);
  return checkpoint;
}

void read_values(const H5File& file, const Checkpoint& checkpoint) {
  for_each_tensor(checkpoint, [&](const std::string& name, const AnyTensor& any) {
    any.visit([&](const auto& tensor) {
      using T = typename std::decay_t<decltype(tensor)>::value_type;
      from_host(tensor, file.read<T>(name));
    });
  });
}

void broadcast_values(const Checkpoint& checkpoint, const Communicator& comm) {
  for_each_tensor(checkpoint, [&](const std::string&, const AnyTensor& any) {
    any.visit([&](const auto& tensor) {
      auto values = to_host(tensor);
      comm.broadcast(values.data(), tensor.size());
      if (!comm.is_root()) from_host(tensor, values);
    });
  });
}

}  // namespace

Checkpoint read_checkpoint(const std::string& path, const Communicator& comm) {
  const PhaseScope scope(Phase::input);
  std::optional<H5File> file;
  Checkpoint checkpoint;
  std::string digest;
  together(comm, [&] {
    file.emplace(H5File::open(path));
    checkpoint = read_outline(*file);
    if (comm.size() > 1) digest = std::to_string(checkpoint.step) + " " + data_digest(path);
  });
  require_same(comm, digest, "checkpoint '" + path + "' is not the same file on all ranks");
  together(comm, [&] {
    if (comm.is_root()) read_values(*file, checkpoint);
  });
  if (comm.size() > 1) broadcast_values(checkpoint, comm);
  return checkpoint;
}

void load_parameters(const std::map<std::string, AnyTensor>& values, ParameterSet& parameters,
                     const std::string& what) {
  const std::string other = what + " is of another model: ";
  for (const auto& parameter : parameters) {
    const auto found = values.find(parameter->name);
    require(found != values.end(), other + "it lacks the parameter '" + parameter->name + "'");
    require(alike(found->second, parameter->value), other + "its parameter '" + parameter->name +
                                                        "' is " + describe(found->second) +
                                                        ", not " + describe(parameter->value));
  }
  for (const auto& [name, value] : values)
    require(parameters.find(name) != nullptr,
            other + "it has a parameter '" + name + "' that this model lacks");
  for (const auto& parameter : parameters) copy(parameter->value, values.at(parameter->name));
}

std::string ImportedParameters::remainder() const {
  std::string text;
  const std::pair<const char*, const std::vector<std::string>*> parts[] = {
      {"missing", &missing}, {"of another shape", &misfits}, {"unused", &unused}};
  for (const auto& [title, names] : parts) {
    const char* separator = ": ";
    if (!names->empty()) text += std::string("; ") + title;
    for (const auto& name : *names) {
      text += separator + name;
      separator = ", ";
    }
  }
  return text;
}

ImportedParameters load_matching_parameters(const std::map<std::string, AnyTensor>& values,
                                            ParameterSet& parameters) {
  ImportedParameters result;
  for (const auto& parameter : parameters) {
    const auto found = values.find(parameter->name);
    if (found == values.end()) {
      result.missing.push_back(parameter->name);
    } else if (!alike(found->second, parameter->value)) {
      result.misfits.push_back(parameter->name + " is " + describe(found->second) + ", not " +
                               describe(parameter->value));
    } else {
      copy(parameter->value, found->second);
      result.loaded.push_back(parameter->name);
    }
  }
  for (const auto& [name, value] : values) {
    if (parameters.find(name) == nullptr) result.unused.push_back(name);
  }
  return result;
}

std::map<std::string, AnyTensor> parameter_values(const ParameterSet& parameters) {
  std::map<std::string, AnyTensor> values;
  for (const auto& parameter : parameters) values[parameter->name] = parameter->value;
  return values;
}

}  // namespace eigenprop
