#include "storage/run_file.hpp"

#include <petscversion.h>
#include <unistd.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <ctime>

#include "storage/hdf5.hpp"

extern char** environ;

namespace eigenprop {
namespace {

constexpr const char* format = "eigenprop-run";
constexpr std::int64_t version_number = 1;

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string machine() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

// Variables that change what a run does, and the versions of what it stands on.
std::string environment() {
  std::string text;
  for (char** variable = environ; *variable; ++variable) {
    const std::string entry = *variable;
    for (const char* prefix :
         {"OMP_", "SLURM_", "KOKKOS_", "OPENBLAS_", "PETSC_", "CUDA_VISIBLE"}) {
      if (entry.rfind(prefix, 0) == 0) text += entry + "\n";
    }
  }
  char library[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(library, &length);
  text += "MPI library: " + std::string(library, static_cast<std::size_t>(length)) + "\n";
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  text += "HDF5: " + std::to_string(major) + "." + std::to_string(minor) + "." +
          std::to_string(release) + "\n";
  text += "PETSc: " + std::to_string(PETSC_VERSION_MAJOR) + "." +
          std::to_string(PETSC_VERSION_MINOR) + "." + std::to_string(PETSC_VERSION_SUBMINOR) + "\n";
  return text;
}

std::int64_t rows_up_to(const H5File& file, const std::string& table, std::int64_t step) {
  if (!file.has(table + "/step")) return step;
  const auto steps = file.read<double>(table + "/step");
  return std::upper_bound(steps.begin(), steps.end(), static_cast<double>(step)) - steps.begin();
}

}  // namespace

RunFile::RunFile(const std::string& path, const std::string& program,
                 const std::string& configuration, std::int64_t seed, std::int64_t resume_step,
                 const Communicator& comm)
    : active_(comm.is_root()), path_(path) {
  if (!active_) return;
  if (resume_step >= 0 && access(path.c_str(), F_OK) == 0) {
    auto file = H5File::modify(path);
    file.check_format(format, version_number);
    seconds_before_ = file.real_attribute("/", "seconds");
    for (const auto& table : file.names("/metrics")) {
      const std::int64_t rows = rows_up_to(file, "/metrics/" + table, resume_step);
      for (const auto& column : file.names("/metrics/" + table)) {
        const auto name = "/metrics/" + table + "/" + column;
        // Rows behind the checkpoint belong to steps that will be done again.
        if (file.shape(name)[0] > rows) file.resize(name, rows);
      }
    }
    return;
  }
  auto file = H5File::create(path);
  file.set_format(format, version_number);
  file.set_attribute("/", "program", program);
  file.set_attribute("/", "machine", machine());
  file.set_attribute("/", "kokkos",
                     std::string(Kokkos::DefaultExecutionSpace::name()) + " (Kokkos " +
                         std::to_string(KOKKOS_VERSION / 10000) + "." +
                         std::to_string(KOKKOS_VERSION / 100 % 100) + "." +
                         std::to_string(KOKKOS_VERSION % 100) + ")");
  file.set_attribute("/", "ranks", std::int64_t{comm.size()});
  file.set_attribute("/", "threads", std::int64_t{Kokkos::DefaultExecutionSpace().concurrency()});
  file.set_attribute("/", "seed", seed);
  file.set_attribute("/", "started", now());
  file.set_attribute("/", "seconds", 0.0);
  file.write_string("/configuration", configuration);
  file.write_string("/environment", environment());
  file.flush();
}

RunFile::~RunFile() {
  try {
    flush();
  } catch (const std::exception&) {
    // A destructor must not throw; whoever needs to know calls flush() first.
  }
}

void RunFile::append(const std::string& table, const std::map<std::string, double>& row) {
  if (!active_) return;
  auto& columns = buffers_[table];
  for (const auto& [name, value] : row) columns[name].push_back(value);
}

bool RunFile::has_step(const std::string& table, std::int64_t step) const {
  if (!active_) return false;
  const auto file = H5File::open(path_);
  const std::string steps = "/metrics/" + table + "/step";
  if (!file.has(steps)) return false;
  const auto all = file.read<double>(steps);
  return std::find(all.begin(), all.end(), static_cast<double>(step)) != all.end();
}

void RunFile::flush() {
  if (!active_) return;
  // Open only while it is written: readers may look at a running job, and a killed one leaves a
  // file that is complete up to here.
  auto file = H5File::modify(path_);
  for (auto& [table, columns] : buffers_) {
    for (auto& [column, values] : columns) {
      const auto name = "/metrics/" + table + "/" + column;
      if (!file.has(name)) file.create_growing<double>(name, {0});
      if (!values.empty()) file.append(name, values);
      values.clear();
    }
  }
  file.set_attribute("/", "seconds", seconds_before_ + timer_.seconds());
  file.flush();
}

}  // namespace eigenprop
