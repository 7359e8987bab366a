#include "storage/run_file.hpp"

#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include "runtime/error.hpp"
#include "storage/hdf5.hpp"
#include "storage/run_origin.hpp"

namespace eigenprop {
namespace {

constexpr const char* format = "eigenprop-run";
constexpr std::int64_t version_number = 1;
constexpr double seconds_between_flushes = 5;
constexpr double largest_share = 0.01;  // of the run's time that writing may take
constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

// What columns of several programs mean, with the unit where they have one.
struct Meaning {
  std::string long_name, units;
};

Meaning meaning_of(const std::string& column) {
  static const std::map<std::string, Meaning> known = {
      {"step", {"steps of the optimizer that are done", ""}},
      {"epoch", {"epochs that are done", ""}},
      {"objective", {"objective, mean over the step's samples", ""}},
      {"learning_rate", {"learning rate of the step", ""}},
      {"gradient_norm", {"norm of the gradient of all parameters, before clipping", ""}},
      {"seconds", {"wall-clock time of the step", "s"}},
  };
  const auto found = known.find(column);
  if (found != known.end()) return found->second;
  std::string name = column;
  std::replace(name.begin(), name.end(), '_', ' ');
  const auto ends = [&](const std::string& end) {
    return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
  };
  return {name, ends(" seconds") ? "s" : ends(" gib") ? "GiB" : ""};
}

/// Runs `read`; whether it could.
template <class Read>
bool succeeds(const Read& read) {
  try {
    read();
    return true;
  } catch (const InputError&) {
    return false;
  }
}

}  // namespace

RunFile::RunFile(const std::string& path, const Description& description, std::int64_t resume_step,
                 const Communicator& comm)
    : active_(comm.is_root()),
      path_(path),
      description_(description),
      ranks_(comm.size()),
      started_(present_time()) {
  if (!active_) return;
  if (resume_step >= 0) resume(resume_step);
  if (!description.appears_complete) flush();
}

// Returns what is wrong with the file; empty where nothing is.
std::string RunFile::read_earlier(std::int64_t step) {
  std::optional<H5File> opened;
  if (!succeeds([&] { opened.emplace(H5File::open(path_)); })) return "it is not an HDF5 file";
  const H5File& file = *opened;
  if (!succeeds([&] { file.string_attribute("/", "format"); }))
    return "it has no attribute 'format'";
  file.check_format(format, version_number);
  std::string damage;
  const bool whole = succeeds([&] {
    started_ = file.string_attribute("/", "started");
    seconds_before_ = file.real_attribute("/", "seconds");
    for (const auto& name : file.names("/earlier_configurations"))
      earlier_configurations_[name] = file.read_strings("/earlier_configurations/" + name).at(0);
    const auto before = file.read_strings("/configuration").at(0);
    if (before != description_.configuration)
      earlier_configurations_[std::to_string(step)] = before;
  });
  if (!whole) damage = "a part of its description is missing";
  std::vector<std::string> tables;
  if (!succeeds([&] { tables = file.names("/metrics"); })) damage = "its tables are missing";
  for (const auto& table : tables) {
    std::map<std::string, std::vector<double>> columns;
    const bool read = succeeds([&] {
      for (const auto& column : file.names("/metrics/" + table))
        columns[column] = file.read<double>("/metrics/" + table + "/" + column);
    });
    const bool has_steps = columns.count("step") != 0;
    if (!read || !has_steps) damage = "its table '" + table + "' is incomplete";
    if (has_steps) keep(table, std::move(columns), step);
  }
  return damage;
}

void RunFile::resume(std::int64_t step) {
  if (access(path_.c_str(), F_OK) != 0) {
    remarks_.push_back("there is no run file '" + path_ + "' to go on with: it begins anew");
    return;
  }
  const std::string damage = read_earlier(step);
  if (!damage.empty()) {
    const std::string aside = path_ + ".damaged";
    std::rename(path_.c_str(), aside.c_str());
    remarks_.push_back("run file '" + path_ + "' is damaged: " + damage + "; it is kept as '" +
                       aside + "', and what it held goes on");
  }
  if (!has_step("train", step) && step > 0) {
    const auto& steps = tables_["train"].columns["step"];
    remarks_.push_back("run file '" + path_ + "' ends at step " +
                       std::to_string(steps.empty() ? 0 : std::llround(steps.back())) +
                       ", the checkpoint at " + std::to_string(step) +
                       ": the rows between are lost");
  }
}

// Rows behind the checkpoint belong to steps that will be done again; columns of an interrupted
// writer may have different lengths.
void RunFile::keep(const std::string& name, std::map<std::string, std::vector<double>> columns,
                   std::int64_t step) {
  const auto& steps = columns["step"];
  const auto end = std::find_if(steps.begin(), steps.end(),
                                [&](double s) { return !(s <= static_cast<double>(step)); });
  auto& table = tables_[name];
  table.rows = static_cast<std::size_t>(end - steps.begin());
  for (auto& [column, values] : columns) {
    values.resize(table.rows, no_value);
    table.columns[column] = std::move(values);
  }
}

RunFile::~RunFile() {
  try {
    if (changed_) flush();
  } catch (const std::exception&) {
    // A destructor must not throw; whoever needs to know calls flush() first.
  }
}

void RunFile::append(const std::string& name, const std::map<std::string, double>& row) {
  if (!active_) return;
  auto& table = tables_[name];
  for (const auto& [column, value] : row) {
    auto& values = table.columns[column];
    values.resize(table.rows, no_value);
    values.push_back(value);
  }
  ++table.rows;
  changed_ = true;
}

bool RunFile::has_step(const std::string& name, std::int64_t step) const {
  const auto table = tables_.find(name);
  if (table == tables_.end() || table->second.columns.count("step") == 0) return false;
  const auto& steps = table->second.columns.at("step");
  return std::find(steps.begin(), steps.end(), static_cast<double>(step)) != steps.end();
}

void RunFile::flush_if_due() {
  const double pause = std::max(seconds_between_flushes, flush_took_ / largest_share);
  if (active_ && changed_ && timer_.seconds() - flushed_at_ >= pause) flush();
}

void RunFile::flush() {
  if (!active_) return;
  const double begin = timer_.seconds();
  auto file = H5File::compose(path_);
  file.set_format(format, version_number);
  file.set_attribute("/", "program", description_.program);
  file.set_attribute("/", "machine", host_name());
  file.set_attribute("/", "kokkos", kokkos_description());
  file.set_attribute("/", "ranks", std::int64_t{ranks_});
  file.set_attribute("/", "threads", std::int64_t{Kokkos::DefaultExecutionSpace().concurrency()});
  file.set_attribute("/", "seed", description_.seed);
  file.set_attribute("/", "started", started_);
  file.set_attribute("/", "seconds", seconds_before_ + begin);
  file.write_string("/configuration", description_.configuration);
  file.write_string("/environment", run_environment());
  for (const auto& [step, text] : earlier_configurations_)
    file.write_string("/earlier_configurations/" + step, text);
  for (auto& [name, table] : tables_) {
    for (auto& [column, values] : table.columns) {
      values.resize(table.rows, no_value);
      file.write("/metrics/" + name + "/" + column, values);
    }
    const std::string rows = table.columns.count("step") != 0 ? "step" : "row";
    for (const auto& [column, values] : table.columns) {
      const std::string path = "/metrics/" + name + "/" + column;
      const auto [long_name, units] = meaning_of(column);
      file.name_dimensions(path, {rows});
      file.describe(path, long_name, units);
    }
  }
  file.publish();
  changed_ = false;
  flushed_at_ = timer_.seconds();
  flush_took_ = flushed_at_ - begin;
}

}  // namespace eigenprop
