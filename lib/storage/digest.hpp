#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/communicator.hpp"
#include "storage/output_claim.hpp"

namespace eigenprop {

/// A number that almost surely differs where what was added differs: 64-bit FNV-1a over words.
/// Against mistakes, not against intent.
class Digest {
 public:
  void add(const void* data, std::size_t size);
  void add(const std::string& text);  ///< with its length
  void add(std::int64_t number);

  /// 16 hexadecimal digits.
  std::string text() const;

 private:
  void mix(std::uint64_t word) { state_ = (state_ ^ word) * 0x100000001b3; }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

/// Of a data set: names, types and extents of all datasets of an HDF5 file, the contents of small
/// ones (labels, targets, names) and samples of rows of large ones. Independent of the file's name,
/// place and layout, and cheap at any size. Throws InputError where it cannot be opened.
std::string data_digest(const std::string& path);

/// Of a file of any kind: its size, and the first and last bytes (4096 of each). Throws InputError
/// where it cannot be read.
std::string file_digest(const std::string& path);

/// Digests of data sets (of those that have a path), by their setting. Throws InputError, alike on
/// all ranks, where one cannot be read or is not the same on all of them. Collective over `comm`.
std::map<std::string, std::string> require_same_data(const std::vector<NamedFile>& sets,
                                                     const Communicator& comm);

}  // namespace eigenprop
