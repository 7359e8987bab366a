#pragma once

#include <cstddef>
#include <string>

namespace eigenprop {

/// The name under which a file is written before it gets the name `path`: beside it, so that the
/// last step is a rename. Whoever holds the lock of `path` (output_claim.hpp) owns it.
std::string temporary_name(const std::string& path);

/// Flushes file `temporary` to the disk and gives it the name `path`, replacing an older file in
/// one step, so that readers and a crash see either the old or the new one. Throws InputError with
/// the system's reason; `temporary` is removed then.
void publish_file(const std::string& temporary, const std::string& path);

/// A file that is being written under the temporary name of `path`: publish() puts it in its place.
/// Without that, it is removed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path) : path_(path), name_(temporary_name(path)) {}
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& name() const { return name_; }

  /// As publish_file(). The file must be closed.
  void publish();

 private:
  std::string path_, name_;
  bool published_ = false;
};

/// Writes a whole file in that way. Throws InputError; an older file stays then.
void write_file(const std::string& path, const void* data, std::size_t size);
void write_file(const std::string& path, const std::string& text);

}  // namespace eigenprop
