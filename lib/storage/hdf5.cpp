#include "storage/hdf5.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "runtime/phase.hpp"
#include "runtime/version.hpp"
#include "storage/hdf5_scales.hpp"
#include "storage/publish.hpp"

namespace eigenprop {
namespace {

// Before the first call of HDF5. It prints its error stack by itself; ours carries its message in
// an exception instead. It locks files that it opens: of no use, since what we write gets its name
// when it is complete, and a failure where a file system has no locks or a reader holds one.
void prepare() {
  static const bool done = [] {
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    return H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  }();
  (void)done;
}

herr_t keep_description(unsigned, const H5E_error2_t* error, void* text) {
  if (error->desc) *static_cast<std::string*>(text) = error->desc;
  return 0;
}

// Innermost message of HDF5's error stack.
std::string cause() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned n, const H5E_error2_t* error, void* data) {
        return n == 0 ? keep_description(n, error, data) : herr_t{0};
      },
      &text);
  H5Eclear2(H5E_DEFAULT);
  // HDF5 puts the time into some, with a line break of its own.
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? "" : " (" + text + ")";
}

std::vector<hsize_t> extents(const Shape& shape) {
  std::vector<hsize_t> result;
  result.reserve(static_cast<std::size_t>(shape.rank()));
  for (int i = 0; i < shape.rank(); ++i) result.push_back(static_cast<hsize_t>(shape[i]));
  return result;
}

void require_readable(const std::string& path) {
  require(access(path.c_str(), F_OK) == 0, "there is no file '" + path + "'");
  require(access(path.c_str(), R_OK) == 0, "file '" + path + "' is not readable");
  require(H5Fis_hdf5(path.c_str()) > 0, "file '" + path + "' is not an HDF5 file");
}

H5Handle string_type(std::size_t length) {
  H5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), std::max<std::size_t>(length, 1));
  if (length != H5T_VARIABLE) H5Tset_strpad(type.get(), H5T_STR_NULLPAD);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

}  // namespace

H5Handle::H5Handle(H5Handle&& other) noexcept
    : id_(std::exchange(other.id_, -1)), close_(other.close_) {}

H5Handle& H5Handle::operator=(H5Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, -1);
    close_ = other.close_;
  }
  return *this;
}

void H5Handle::reset() {
  if (id_ >= 0 && close_) close_(id_);
  id_ = -1;
}

template <>
hid_t h5_type<std::uint8_t>() {
  return H5T_NATIVE_UINT8;
}
template <>
hid_t h5_type<std::uint16_t>() {
  return H5T_NATIVE_UINT16;
}
template <>
hid_t h5_type<std::int32_t>() {
  return H5T_NATIVE_INT32;
}
template <>
hid_t h5_type<std::int64_t>() {
  return H5T_NATIVE_INT64;
}
template <>
hid_t h5_type<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
hid_t h5_type<double>() {
  return H5T_NATIVE_DOUBLE;
}

H5File::H5File(H5Handle file, std::string path) : file_(std::move(file)), path_(std::move(path)) {
  if (file_.get() < 0) fail("cannot be opened or created");
}

H5File H5File::open(const std::string& path) {
  prepare();
  require_readable(path);
  return {H5Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose), path};
}

H5File H5File::modify(const std::string& path) {
  prepare();
  require_readable(path);
  return {H5Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose), path};
}

H5File H5File::create(const std::string& path) {
  prepare();
  return {H5Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose),
          path};
}

H5File H5File::compose(const std::string& path) {
  prepare();
  constexpr std::size_t growth = std::size_t{1} << 20;
  const H5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.get(), growth, false);
  return {H5Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose),
          path};
}

void H5File::fail(const std::string& what) const {
  throw InputError("file '" + path_ + "': " + what + cause());
}

hid_t H5File::check(hid_t result, const std::string& what) const {
  if (result < 0) fail(what);
  return result;
}

void H5File::set_format(const std::string& format, std::int64_t version) {
  set_attribute("/", "format", format);
  set_attribute("/", "version", version);
  set_attribute("/", "eigenprop_version", eigenprop::version());
  set_attribute("/", "commit", commit());
}

void H5File::check_format(const std::string& format, std::int64_t newest) const {
  const bool marked = H5Aexists(file_.get(), "format") > 0;
  const std::string found = marked ? string_attribute("/", "format") : "";
  if (found != format) {
    fail((marked ? "its format is '" + found + "'" : "it has no attribute 'format'") + ", where '" +
         format + "' is needed");
  }
  const auto version = integer_attribute("/", "version");
  if (version < 1) fail("it has no version " + std::to_string(version) + " of '" + format + "'");
  if (version > newest) {
    fail("its version " + std::to_string(version) + " of '" + format +
         "' is newer than this program knows (" + std::to_string(newest) + ")");
  }
}

bool H5File::has(const std::string& name) const {
  // Every link on the way has to be asked for.
  for (auto slash = name.find('/', 1);; slash = name.find('/', slash + 1)) {
    const auto part = name.substr(0, slash);
    if (part != "/" && H5Lexists(file_.get(), part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (slash == std::string::npos) return true;
  }
}

void H5File::remove(const std::string& name) {
  check(H5Ldelete(file_.get(), name.c_str(), H5P_DEFAULT), "'" + name + "' cannot be removed");
}

std::vector<std::string> H5File::names(const std::string& group) const {
  std::vector<std::string> result;
  if (!has(group)) return result;
  const H5Handle handle(H5Gopen2(file_.get(), group.c_str(), H5P_DEFAULT), H5Gclose);
  check(handle.get(), "'" + group + "' is no group");
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* list) -> herr_t {
    static_cast<std::vector<std::string>*>(list)->push_back(name);
    return 0;
  };
  H5Literate(handle.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &result);
  result.erase(std::remove_if(result.begin(), result.end(),
                              [&](const std::string& name) {
                                return is_scale_without_values(file_.get(), group + "/" + name);
                              }),
               result.end());
  return result;
}

H5Handle H5File::object(const std::string& name) const {
  H5Handle handle(H5Oopen(file_.get(), name.c_str(), H5P_DEFAULT), H5Oclose);
  check(handle.get(), "it has no '" + name + "'");
  return handle;
}

void H5File::write_attribute(const std::string& object_name, const std::string& name, hid_t type,
                             const void* value) {
  if (object_name != "/" && !has(object_name)) {
    const H5Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
    H5Pset_create_intermediate_group(links.get(), 1);
    const H5Handle group(
        H5Gcreate2(file_.get(), object_name.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Gclose);
    check(group.get(), "group '" + object_name + "' cannot be created");
  }
  const auto owner = object(object_name);
  if (H5Aexists(owner.get(), name.c_str()) > 0) H5Adelete(owner.get(), name.c_str());
  const H5Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const H5Handle attribute(
      H5Acreate2(owner.get(), name.c_str(), type, space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const auto text = "attribute '" + name + "' of '" + object_name + "' cannot be written";
  check(attribute.get(), text);
  check(H5Awrite(attribute.get(), type, value), text);
}

void H5File::set_attribute(const std::string& object_name, const std::string& name,
                           const std::string& value) {
  const auto type = string_type(value.size());
  write_attribute(object_name, name, type.get(), value.c_str());
}

void H5File::set_attribute(const std::string& object_name, const std::string& name,
                           std::int64_t value) {
  write_attribute(object_name, name, H5T_NATIVE_INT64, &value);
}

void H5File::set_attribute(const std::string& object_name, const std::string& name, double value) {
  write_attribute(object_name, name, H5T_NATIVE_DOUBLE, &value);
}

H5Handle H5File::dataset(const std::string& name) const {
  H5Handle handle(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
  check(handle.get(), "it has no dataset '" + name + "'");
  return handle;
}

void H5File::create_dataset(const std::string& name, hid_t type, const Shape& shape,
                            Layout layout) {
  const auto now = extents(shape);
  const H5Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  // Equal content gives equal files.
  H5Pset_obj_track_times(creation.get(), false);
  if (layout != Layout::plain && shape.size() > 0) {
    auto chunk = now;
    const std::int64_t row = std::max<std::int64_t>(1, shape.with(0, 1).size());
    const std::int64_t rows = std::max<std::int64_t>(1, chunk_elements / row);
    chunk[0] = static_cast<hsize_t>(std::min(rows, shape[0]));
    for (auto& c : chunk) c = std::max<hsize_t>(c, 1);
    H5Pset_chunk(creation.get(), static_cast<int>(chunk.size()), chunk.data());
    if (layout == Layout::compressed) {
      H5Pset_shuffle(creation.get());
      H5Pset_deflate(creation.get(), 4);
    }
  }
  const H5Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.get(), 1);
  const H5Handle space(shape.rank() == 0 ? H5Screate(H5S_SCALAR)
                                         : H5Screate_simple(shape.rank(), now.data(), nullptr),
                       H5Sclose);
  const H5Handle handle(H5Dcreate2(file_.get(), name.c_str(), type, space.get(), links.get(),
                                   creation.get(), H5P_DEFAULT),
                        H5Dclose);
  check(handle.get(), "dataset '" + name + "' cannot be created");
}

void H5File::write_raw(const std::string& name, hid_t type, std::int64_t first, std::int64_t count,
                       const void* values) {
  const PhaseScope scope(Phase::output);
  const auto handle = dataset(name);
  const H5Handle space(H5Dget_space(handle.get()), H5Sclose);
  H5Handle memory(H5Scopy(space.get()), H5Sclose);
  if (count >= 0) {
    const Shape full = shape(name);
    std::vector<hsize_t> start(static_cast<std::size_t>(full.rank()), 0);
    start[0] = static_cast<hsize_t>(first);
    const auto size = extents(full.with(0, count));
    if (count == 0) {
      H5Sselect_none(space.get());
      H5Sselect_none(memory.get());
    } else {
      H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
      memory = H5Handle(H5Screate_simple(full.rank(), size.data(), nullptr), H5Sclose);
    }
  }
  check(H5Dwrite(handle.get(), type, memory.get(), space.get(), H5P_DEFAULT, values),
        "dataset '" + name + "' cannot be written; the disk may be full");
}

void H5File::write_string(const std::string& name, const std::string& value) {
  write_texts(name, {}, {value.c_str()});
}

void H5File::write_strings(const std::string& name, const std::vector<std::string>& values) {
  std::vector<const char*> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value.c_str());
  write_texts(name, {static_cast<std::int64_t>(values.size())}, texts);
}

void H5File::write_texts(const std::string& name, const Shape& shape,
                         const std::vector<const char*>& texts) {
  const auto type = string_type(H5T_VARIABLE);
  create_dataset(name, type.get(), shape, Layout::plain);
  if (!texts.empty()) write_raw(name, type.get(), 0, -1, texts.data());
}

void H5File::flush() {
  check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), "cannot be flushed; the disk may be full");
}

void H5File::close() {
  const PhaseScope scope(Phase::output);
  flush();
  // A file that cannot be closed is given up: HDF5 crashes where it tries again at the end.
  const hid_t file = file_.get();
  file_.release();
  check(H5Fclose(file), "cannot be closed; the disk may be full");
}

void H5File::publish() {
  const PhaseScope scope(Phase::output);
  flush();
  const ssize_t size = H5Fget_file_image(file_.get(), nullptr, 0);
  check(size, "has no image in memory");
  std::vector<char> image(static_cast<std::size_t>(size));
  check(H5Fget_file_image(file_.get(), image.data(), image.size()), "has no image in memory");
  write_file(path_, image.data(), image.size());
}

}  // namespace eigenprop
