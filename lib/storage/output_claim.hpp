#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/communicator.hpp"

namespace eigenprop {

/// A file and the setting that names it.
struct NamedFile {
  std::string key;   ///< as on the command line
  std::string path;  ///< empty: there is none
};

/// Holds PATH.lock while it lives: the kernel's lock on it, which ends with the process however
/// that ends, so that nothing stale blocks a restart. The file names host and process.
class FileLock {
 public:
  /// Throws InputError that names the holder where another process has the lock, and where the
  /// folder cannot be written.
  explicit FileLock(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;

 private:
  std::string path_;
  int file_ = -1;
};

/// The files that a program is going to write, its own while this lives: no other program that
/// claims them can start, and what dead writers left under temporary names is removed.
class OutputClaim {
 public:
  /// Throws InputError, alike on all ranks and before anything is written, where an output is an
  /// input, by whatever name (links), where two outputs are one file, where another process holds
  /// one, and where a folder cannot be written. `logs`: outputs that are only added to, by the
  /// holder of the others, and need no lock. Collective over `comm`.
  OutputClaim(const std::vector<NamedFile>& inputs, const std::vector<NamedFile>& outputs,
              const Communicator& comm, const std::vector<NamedFile>& logs = {});

 private:
  std::vector<FileLock> locks_;  ///< of rank 0
};

}  // namespace eigenprop
