#include "storage/publish.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "runtime/error.hpp"

namespace eigenprop {
namespace {

// Of the call that failed last; what remains of the new file goes away.
[[noreturn]] void fail(const std::string& temporary, const std::string& path,
                       const std::string& what) {
  const std::string reason = std::strerror(errno);
  ::unlink(temporary.c_str());
  throw InputError("file '" + path + "' cannot be written: " + what + ": " + reason);
}

bool write_all(int file, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

std::string temporary_name(const std::string& path) { return path + ".tmp"; }

void publish_file(const std::string& temporary, const std::string& path) {
  const int file = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) fail(temporary, path, "open");
  const bool synced = ::fsync(file) == 0;
  const int reason = errno;
  ::close(file);
  errno = reason;
  if (!synced) fail(temporary, path, "fsync");
  if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(temporary, path, "rename");
  // The new name itself must reach the disk, too.
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int directory = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
}

TemporaryFile::~TemporaryFile() {
  if (!published_) ::unlink(name_.c_str());
}

void TemporaryFile::publish() {
  published_ = true;
  publish_file(name_, path_);
}

void write_file(const std::string& path, const void* data, std::size_t size) {
  const std::string temporary = temporary_name(path);
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) fail(temporary, path, "open");
  const bool written = write_all(file, static_cast<const char*>(data), size);
  const int reason = errno;
  // Some file systems tell of a full disk here only.
  const bool closed = ::close(file) == 0;
  if (!written) errno = reason;
  if (!written || !closed) fail(temporary, path, written ? "close" : "write");
  publish_file(temporary, path);
}

void write_file(const std::string& path, const std::string& text) {
  write_file(path, text.data(), text.size());
}

}  // namespace eigenprop
