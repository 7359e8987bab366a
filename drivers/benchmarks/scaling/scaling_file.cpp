#include "scaling/scaling_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "runtime/error.hpp"
#include "runtime/process_memory.hpp"
#include "runtime/version.hpp"
#include "storage/array_descriptions.hpp"
#include "storage/hdf5.hpp"
#include "storage/publish.hpp"
#include "storage/run_origin.hpp"

namespace eigenprop {
namespace {

constexpr const char* format = "eigenprop-scaling";
constexpr std::int64_t version_number = 1;

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

H5File open_results(const std::string& path) {
  auto file = H5File::open(path);
  file.check_format(format, version_number);
  return file;
}

std::string case_group(const std::string& name) { return "/cases/" + name; }

std::string row_group(const std::string& name, const ScalingPlace& place) {
  return case_group(name) + "/" + place.name();
}

// Names of the rows of a case.
std::vector<std::string> row_names(const H5File& file, const std::string& name) {
  auto names = file.names(case_group(name));
  names.erase(std::remove(names.begin(), names.end(), "configuration"), names.end());
  return names;
}

Numbers read_numbers(const H5File& file, const std::string& group) {
  Numbers numbers;
  if (!file.has(group + "/number_names")) return numbers;
  const auto names = file.read_strings(group + "/number_names");
  const auto values = file.read_list<double>(group + "/numbers");
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i)
    numbers[names[i]] = values[i];
  return numbers;
}

std::vector<std::string> names_of(int count, const char* (*name)(int)) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) names.push_back(name(i));
  return names;
}

template <class T>
std::vector<T> gathered(const std::vector<T>& own, const Communicator& comm) {
  std::vector<T> all(comm.is_root() ? own.size() * static_cast<std::size_t>(comm.size()) : 0);
  check_mpi(MPI_Gather(own.data(), static_cast<int>(own.size()), mpi_type<T>(), all.data(),
                       static_cast<int>(own.size()), mpi_type<T>(), 0, comm.get()));
  return all;
}

// (ranks, repeats, inner) to (repeats, ranks, inner).
std::vector<double> by_repeat(const std::vector<double>& all, std::size_t repeats,
                              std::size_t inner) {
  std::vector<double> result;
  const std::size_t ranks = all.size() / (repeats * inner);
  for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
    for (std::size_t rank = 0; rank < ranks; ++rank) {
      const auto* begin = all.data() + (rank * repeats + repeat) * inner;
      result.insert(result.end(), begin, begin + inner);
    }
  }
  return result;
}

std::vector<std::string> phase_names() { return names_of(phase_count, phase_name); }

std::vector<std::string> kind_names() { return names_of(message_kinds, message_kind_name); }

// The dimensions' coordinates stand in the row's own group, where other people's readers find them.
void describe_row(H5File& file, const std::string& group) {
  const std::vector<std::string> timed = {"repeat", "rank", "phase"},
                                 sent = {"rank", "phase", "kind"};
  describe_arrays(
      file, {{group + "/phase", {"phase"}, "phase of a step"},
             {group + "/kind", {"kind"}, "kind of messages"},
             {group + "/number_names", {"number_names"}, "names of the numbers"},
             {group + "/numbers", {"number_names"}, "numbers that must not depend on the ranks"},
             {group + "/hosts", {"rank"}, "machine of the rank"},
             {group + "/environment", {}, "environment of the run"},
             {group + "/seconds", {"repeat", "rank"}, "time of all steps of a repeat", "s"},
             {group + "/phase_seconds", timed, "time of a phase, all steps of a repeat", "s"},
             {group + "/phase_processor_seconds", timed,
              "time of the processor in a phase, all steps of a repeat", "s"},
             {group + "/calls", sent, "calls of MPI, all repeats"},
             {group + "/bytes", sent, "bytes handed to MPI, all repeats", "byte"},
             {group + "/messages", sent, "messages sent, all repeats"},
             {group + "/message_bytes", sent, "bytes of the messages sent, all repeats", "byte"},
             {group + "/peak_memory", {"rank"}, "largest memory of the process", "GiB"}});
}

void write_measured(H5File& file, const std::string& group, const ScalingPlace& place,
                    const ScalingRow& row) {
  file.write_strings(group + "/phase", phase_names());
  file.write_strings(group + "/kind", kind_names());
  const std::int64_t repeats = row.repeats(place.ranks);
  const Shape by_phase{repeats, place.ranks, phase_count};
  const Shape sent{place.ranks, phase_count, message_kinds};
  file.write(group + "/seconds", {repeats, place.ranks}, row.seconds.data());
  file.write(group + "/phase_seconds", by_phase, row.wall.data());
  file.write(group + "/phase_processor_seconds", by_phase, row.processor.data());
  file.write(group + "/calls", sent, row.calls.data(), true);
  file.write(group + "/bytes", sent, row.bytes.data(), true);
  file.write(group + "/messages", sent, row.messages.data(), true);
  file.write(group + "/message_bytes", sent, row.message_bytes.data(), true);
  file.write(group + "/peak_memory", row.peak_memory);
  file.set_attribute(group, "counts_vary", std::int64_t{row.counts_vary ? 1 : 0});
}

void write_row(H5File& file, const std::string& group, const ScalingPlace& place,
               const ScalingRow& row) {
  const auto integer = [&](const char* name, std::int64_t value) {
    file.set_attribute(group, name, value);
  };
  const auto text = [&](const char* name, const std::string& value) {
    file.set_attribute(group, name, value);
  };
  text("error", row.error);
  text("scaling", row.scaling);
  integer("nodes", place.nodes);
  integer("ranks", place.ranks);
  integer("threads", place.threads);
  integer("copies", row.copies);
  integer("steps", row.steps);
  integer("units", row.units);
  integer("cores", row.cores);
  text("started", present_time());
  text("machine", host_name());
  text("kokkos", kokkos_description());
  text("commit", commit());
  file.set_attribute(group, "load", row.load);
  file.set_attribute(group, "setup_seconds", row.setup_seconds);
  file.write_string(group + "/environment", run_environment());
  file.write_strings(group + "/hosts", place.hosts);
  if (!row.numbers.empty()) {
    std::vector<std::string> names;
    std::vector<double> values;
    for (const auto& [name, value] : row.numbers) {
      names.push_back(name);
      values.push_back(value);
    }
    file.write_strings(group + "/number_names", names);
    file.write(group + "/numbers", values);
    text("reference", row.reference);
    file.set_attribute(group, "difference", row.difference);
  }
  if (!row.seconds.empty()) write_measured(file, group, place, row);
  describe_row(file, group);
}

}  // namespace

std::string ScalingPlace::name() const {
  return "nodes" + std::to_string(nodes) + "_ranks" + std::to_string(ranks) + "_threads" +
         std::to_string(threads);
}

std::vector<double> ScalingRow::slowest(std::int64_t ranks) const {
  std::vector<double> result;
  for (auto begin = seconds.begin(); begin != seconds.end(); begin += ranks)
    result.push_back(*std::max_element(begin, begin + ranks) / static_cast<double>(steps));
  return result;
}

double ScalingRow::most_sent(const std::vector<std::int64_t>& sent, std::int64_t ranks) const {
  std::int64_t most = 0;
  const auto of_rank = static_cast<std::ptrdiff_t>(sent.size()) / ranks;
  for (auto begin = sent.begin(); begin != sent.end(); begin += of_rank) {
    std::int64_t sum = 0;
    for (auto s = begin; s != begin + of_rank; ++s) sum += *s;
    most = std::max(most, sum);
  }
  return static_cast<double>(most) / static_cast<double>(repeats(ranks) * steps);
}

void gather_repeats(const ScalingMeter& meter, const Communicator& comm, ScalingRow& row) {
  const auto& repeats = meter.repeats();
  require(!repeats.empty(), "the case has ended before its first repeat had");
  std::vector<double> seconds, wall, processor;
  MessageCounts counts = {};
  double vary = 0;
  for (const auto& repeat : repeats) {
    seconds.push_back(repeat.seconds);
    wall.insert(wall.end(), repeat.times.wall.begin(), repeat.times.wall.end());
    processor.insert(processor.end(), repeat.times.processor.begin(), repeat.times.processor.end());
    if (!(repeat.counts == repeats.back().counts)) vary = 1;
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
      for (std::size_t kind = 0; kind < message_kinds; ++kind)
        counts[phase][kind] += repeat.counts[phase][kind];
    }
  }
  std::vector<std::int64_t> calls, bytes, messages, message_bytes;
  for (std::size_t phase = 0; phase < phase_count; ++phase) {
    for (const auto& tally : counts[phase]) {
      calls.push_back(tally.calls);
      bytes.push_back(tally.bytes);
      messages.push_back(tally.messages);
      message_bytes.push_back(tally.message_bytes);
    }
  }
  row.seconds = by_repeat(gathered(seconds, comm), repeats.size(), 1);
  row.wall = by_repeat(gathered(wall, comm), repeats.size(), phase_count);
  row.processor = by_repeat(gathered(processor, comm), repeats.size(), phase_count);
  row.calls = gathered(calls, comm);
  row.bytes = gathered(bytes, comm);
  row.messages = gathered(messages, comm);
  row.message_bytes = gathered(message_bytes, comm);
  row.counts_vary = comm.max(vary) > 0;
  row.peak_memory = gathered(std::vector<double>{peak_memory()}, comm);
}

void ScalingFile::check_configuration(const std::string& name,
                                      const std::string& configuration) const {
  if (!exists(path_)) return;
  const auto file = open_results(path_);
  const auto text = case_group(name) + "/configuration";
  require(!file.has(text) || file.read_string(text) == configuration,
          "file '" + path_ + "' holds the case '" + name +
              "' with other settings; give another file as --output");
}

std::optional<ScalingRow> ScalingFile::finished(const std::string& name,
                                                const ScalingPlace& place) const {
  if (!exists(path_)) return {};
  const auto file = open_results(path_);
  const auto group = row_group(name, place);
  if (!file.has(group) || !file.string_attribute(group, "error").empty()) return {};
  ScalingRow row;
  row.scaling = file.string_attribute(group, "scaling");
  row.steps = file.integer_attribute(group, "steps");
  row.seconds = file.read<double>(group + "/seconds");
  row.messages = file.read<std::int64_t>(group + "/messages");
  row.message_bytes = file.read<std::int64_t>(group + "/message_bytes");
  row.peak_memory = file.read<double>(group + "/peak_memory");
  row.difference = file.real_attribute(group, "difference");
  return row;
}

std::optional<std::pair<std::string, Numbers>> ScalingFile::reference(
    const std::string& name) const {
  if (!exists(path_)) return {};
  const auto file = open_results(path_);
  std::optional<std::pair<std::string, Numbers>> best;
  std::int64_t fewest = 0;
  for (const auto& row : row_names(file, name)) {
    const auto group = case_group(name) + "/" + row;
    const auto ranks = file.integer_attribute(group, "ranks");
    if (!file.string_attribute(group, "error").empty() || (best && ranks >= fewest)) continue;
    best.emplace(row, read_numbers(file, group));
    fewest = ranks;
  }
  return best;
}

void ScalingFile::write(const std::string& name, const std::string& configuration,
                        const ScalingPlace& place, const ScalingRow& row) const {
  TemporaryFile temporary(path_);
  const bool goes_on = exists(path_);
  if (goes_on) {
    std::error_code error;
    std::filesystem::copy_file(path_, temporary.name(),
                               std::filesystem::copy_options::overwrite_existing, error);
    require(!error, "file '" + path_ + "' cannot be copied: " + error.message());
  }
  auto file = goes_on ? H5File::modify(temporary.name()) : H5File::create(temporary.name());
  if (!goes_on) {
    file.set_format(format, version_number);
    file.write_strings("/phases", phase_names());
    file.write_strings("/kinds", kind_names());
    describe_arrays(file, {{"/phases", {"phases"}, "phases of a step"},
                           {"/kinds", {"kinds"}, "kinds of messages"}});
  }
  const auto text = case_group(name) + "/configuration";
  if (!file.has(text)) file.write_string(text, configuration);
  const auto group = row_group(name, place);
  if (file.has(group)) file.remove(group);
  write_row(file, group, place, row);
  file.close();
  temporary.publish();
}

}  // namespace eigenprop
