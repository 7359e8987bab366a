#include "storage/digest.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

#include "runtime/error.hpp"
#include "runtime/together.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {
namespace {

// Contents up to this size count in full; of larger datasets, these many rows do.
constexpr std::size_t small_bytes = std::size_t{1} << 20;
constexpr hsize_t sampled_rows = 16;
constexpr std::size_t most_texts = 65536;
// Groups may link to themselves.
constexpr int deepest = 8;

void add_contents(Digest& digest, hid_t dataset, hid_t type, hid_t space,
                  const std::vector<hsize_t>& extents) {
  const std::size_t item = H5Tget_size(type);
  const auto count = static_cast<std::size_t>(H5Sget_simple_extent_npoints(space));
  if (count == 0) return;
  // Text of variable length is pointers in memory.
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> texts(std::min(count, most_texts));
    if (texts.size() < count ||
        H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()) < 0)
      return;
    for (const char* text : texts) digest.add(std::string(text ? text : ""));
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, texts.data());
    return;
  }
  if (H5Tdetect_class(type, H5T_VLEN) > 0) return;
  std::vector<char> bytes;
  if (count * item <= small_bytes || extents.empty()) {
    bytes.resize(count * item);
    // A filter that this HDF5 lacks is for whoever reads the data to tell.
    if (H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0) return;
    digest.add(bytes.data(), bytes.size());
    return;
  }
  const std::size_t row = count / extents[0] * item;
  if (row > small_bytes) return;
  bytes.resize(row);
  auto block = extents;
  block[0] = 1;
  std::vector<hsize_t> start(extents.size(), 0);
  const H5Handle memory(H5Screate_simple(static_cast<int>(block.size()), block.data(), nullptr),
                        H5Sclose);
  const hsize_t rows = std::min(sampled_rows, extents[0]);
  for (hsize_t i = 0; i < rows; ++i) {
    start[0] = rows > 1 ? (extents[0] - 1) * i / (rows - 1) : 0;
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, block.data(), nullptr);
    if (H5Dread(dataset, type, memory.get(), space, H5P_DEFAULT, bytes.data()) < 0) return;
    digest.add(bytes.data(), bytes.size());
  }
}

void add_dataset(Digest& digest, hid_t file, const std::string& name) {
  const H5Handle dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (dataset.get() < 0) return;
  const H5Handle stored(H5Dget_type(dataset.get()), H5Tclose);
  const H5Handle type(H5Tget_native_type(stored.get(), H5T_DIR_ASCEND), H5Tclose);
  const H5Handle space(H5Dget_space(dataset.get()), H5Sclose);
  digest.add(name);
  digest.add(static_cast<std::int64_t>(H5Tget_class(stored.get())));
  digest.add(static_cast<std::int64_t>(H5Tget_size(stored.get())));
  const int rank = H5Sget_simple_extent_ndims(space.get());
  std::vector<hsize_t> extents(static_cast<std::size_t>(std::max(rank, 0)));
  H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
  for (const auto extent : extents) digest.add(static_cast<std::int64_t>(extent));
  if (type.get() >= 0) add_contents(digest, dataset.get(), type.get(), space.get(), extents);
}

void add_group(Digest& digest, const H5File& file, hid_t id, const std::string& group, int depth) {
  for (const auto& link : file.names(group)) {
    const std::string name = (depth > 0 ? group : "") + "/" + link;
    const H5Handle object(H5Oopen(id, name.c_str(), H5P_DEFAULT), H5Oclose);
    const auto kind = H5Iget_type(object.get());
    if (kind == H5I_DATASET) add_dataset(digest, id, name);
    if (kind == H5I_GROUP && depth < deepest) add_group(digest, file, id, name, depth + 1);
  }
}

}  // namespace

void Digest::add(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  std::size_t done = 0;
  for (; done + sizeof(std::uint64_t) <= size; done += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, bytes + done, sizeof word);
    mix(word);
    // High bits must reach low ones, which a product alone does not do.
    state_ ^= state_ >> 32;
  }
  for (; done < size; ++done) mix(static_cast<unsigned char>(bytes[done]));
}

void Digest::add(const std::string& text) {
  add(static_cast<std::int64_t>(text.size()));
  add(text.data(), text.size());
}

void Digest::add(std::int64_t number) { add(&number, sizeof number); }

std::string Digest::text() const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(state_));
  return digits;
}

std::string data_digest(const std::string& path) {
  const auto file = H5File::open(path);
  const H5Handle id(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  Digest digest;
  add_group(digest, file, id.get(), "/", 0);
  return digest.text();
}

std::string file_digest(const std::string& path) {
  constexpr std::streamoff end_bytes = 4096;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  require(file.good(), "file '" + path + "' cannot be read");
  Digest digest;
  digest.add(static_cast<std::int64_t>(size));
  std::string bytes(static_cast<std::size_t>(std::min(size, end_bytes)), '\0');
  for (const auto place : {std::streamoff{0}, size - static_cast<std::streamoff>(bytes.size())}) {
    file.seekg(place);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    require(file.good(), "file '" + path + "' cannot be read");
    digest.add(bytes);
  }
  return digest.text();
}

std::map<std::string, std::string> require_same_data(const std::vector<NamedFile>& sets,
                                                     const Communicator& comm) {
  std::map<std::string, std::string> digests;
  together(comm, [&] {
    for (const auto& set : sets) {
      if (!set.path.empty()) digests[set.key] = data_digest(set.path);
    }
  });
  for (const auto& set : sets) {
    if (set.path.empty()) continue;
    require_same(comm, digests[set.key],
                 "--" + set.key + " '" + set.path + "' is not the same data set on all ranks");
  }
  return digests;
}

}  // namespace eigenprop
