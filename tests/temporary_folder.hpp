#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "runtime/error.hpp"
#include "test_session.hpp"

namespace eigenprop {

/// A folder that all ranks of a test see under one name, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const auto& comm = test_communicator();
    static int count = 0;
    path_ =
        comm.broadcast((std::filesystem::temp_directory_path() /
                        ("eigenprop_" + std::to_string(getpid()) + "_" + std::to_string(count++)))
                           .string());
    if (comm.is_root()) std::filesystem::create_directories(path_);
    comm.barrier();
  }
  ~TemporaryFolder() {
    test_communicator().barrier();
    std::error_code ignored;
    if (test_communicator().is_root()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Message of the InputError that `body` throws, or "no error".
template <class Body>
std::string input_error(const Body& body) {
  try {
    body();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace eigenprop
