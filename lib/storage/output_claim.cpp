#include "storage/output_claim.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "runtime/error.hpp"
#include "runtime/together.hpp"
#include "storage/publish.hpp"

namespace eigenprop {
namespace {

// A job that goes back to the queue may start before the last process of its former self is gone.
constexpr auto patience = std::chrono::seconds(3);
constexpr auto pause = std::chrono::milliseconds(100);

std::string lock_name(const std::string& path) { return path + ".lock"; }

std::string host() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

// "PID on HOST"
std::string read_holder(int file) {
  char text[320] = {};
  const ssize_t size = pread(file, text, sizeof text - 1, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
}

// Where a file system has no locks, the file's content must do: it says whether a process of this
// host is alive, and of other hosts nothing.
bool held_by_content(int file) {
  const std::string holder = read_holder(file);
  const auto on = holder.find(" on ");
  if (on == std::string::npos || holder.substr(on + 4) != host()) return false;
  const auto process = static_cast<pid_t>(std::strtol(holder.c_str(), nullptr, 10));
  return process > 0 && process != getpid() && (kill(process, 0) == 0 || errno == EPERM);
}

enum class Attempt { done, held, again };

Attempt attempt(int file, const std::string& path) {
  bool held = false;
  if (flock(file, LOCK_EX | LOCK_NB) != 0)
    held = errno == EWOULDBLOCK || errno == EINTR || held_by_content(file);
  if (held) return Attempt::held;
  // Its last holder may have removed the file between our opening and locking it.
  struct stat opened {
  }, named{};
  if (fstat(file, &opened) != 0 || stat(path.c_str(), &named) != 0 ||
      opened.st_ino != named.st_ino || opened.st_dev != named.st_dev)
    return Attempt::again;
  return Attempt::done;
}

// Two names of one file, or that will be one.
bool same_file(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (std::filesystem::equivalent(a, b, ignored) && !ignored) return true;
  const auto place = [&](const std::string& path) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored);
  };
  return place(a) == place(b);
}

void check(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [key, path] = outputs[i];
    std::error_code ignored;
    require(
        !std::filesystem::exists(path, ignored) || std::filesystem::is_regular_file(path, ignored),
        "--" + key + ": '" + path + "' is no file but a folder or a device");
    // What is written on the way to an output overwrites, too.
    for (const auto& written : {path, temporary_name(path), lock_name(path)}) {
      for (const auto& input : inputs) {
        if (!input.path.empty() && same_file(written, input.path)) {
          throw InputError("--" + key + " '" + path + "' would overwrite --" + input.key + " '" +
                           input.path + "', which is read: give it another name");
        }
      }
      for (std::size_t j = 0; j < outputs.size(); ++j) {
        if (j != i && same_file(written, outputs[j].path)) {
          throw InputError("--" + key + " '" + path + "' and --" + outputs[j].key + " '" +
                           outputs[j].path + "' are one file: give them two names");
        }
      }
    }
  }
}

}  // namespace

FileLock::FileLock(const std::string& path) : path_(lock_name(path)) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    require(file_ >= 0, "file '" + path + "' cannot be written: " + std::strerror(errno));
    const auto result = attempt(file_, path_);
    if (result == Attempt::done) break;
    const std::string holder = read_holder(file_);
    close(file_);
    file_ = -1;
    if (result == Attempt::again) continue;
    if (std::chrono::steady_clock::now() > end) {
      throw InputError("file '" + path + "' is being written by another run, process " + holder +
                       ": wait for it, or give another name");
    }
    std::this_thread::sleep_for(pause);
  }
  const std::string own = std::to_string(getpid()) + " on " + host();
  // For people, and where there are no locks; a full disk is told of where results are written.
  if (ftruncate(file_, 0) != 0 || pwrite(file_, own.data(), own.size(), 0) < 0) errno = 0;
}

FileLock::~FileLock() {
  if (file_ < 0) return;
  unlink(path_.c_str());
  close(file_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}

OutputClaim::OutputClaim(const std::vector<NamedFile>& inputs,
                         const std::vector<NamedFile>& outputs, const Communicator& comm,
                         const std::vector<NamedFile>& logs) {
  together(comm, [&] {
    if (!comm.is_root()) return;
    auto written = outputs;
    written.insert(written.end(), logs.begin(), logs.end());
    check(inputs, written);
    for (const auto& output : outputs) {
      locks_.emplace_back(output.path);
      unlink(temporary_name(output.path).c_str());
    }
  });
}

}  // namespace eigenprop
