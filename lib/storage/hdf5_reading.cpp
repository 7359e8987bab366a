// The reading half of H5File: nothing that a file says is taken before it is checked.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include "storage/hdf5.hpp"

#include "runtime/phase.hpp"

namespace eigenprop {
namespace {

constexpr double gibibyte = 1024.0 * 1024 * 1024;

const char* kind_text(H5T_class_t kind) {
  switch (kind) {
    case H5T_INTEGER:
      return "whole numbers";
    case H5T_FLOAT:
      return "floats";
    case H5T_STRING:
      return "text";
    default:
      return "values of another kind";
  }
}

// Of an integer type: "0 ... 255".
std::string range_text(hid_t type) {
  const std::size_t bits = 8 * H5Tget_size(type);
  const bool negative = H5Tget_sign(type) == H5T_SGN_2;
  const std::uint64_t largest =
      std::numeric_limits<std::uint64_t>::max() >> (64 - bits + (negative ? 1 : 0));
  const std::string low = negative ? "-" + std::to_string(largest + 1) : "0";
  return low + " ... " + std::to_string(largest);
}

H5T_conv_ret_t note_range(H5T_conv_except_t exception, hid_t, hid_t, void*, void*, void* beyond) {
  if (exception != H5T_CONV_EXCEPT_RANGE_HI && exception != H5T_CONV_EXCEPT_RANGE_LOW)
    return H5T_CONV_UNHANDLED;
  *static_cast<bool*>(beyond) = true;
  return H5T_CONV_ABORT;
}

double physical_memory() {
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
}

// Name of the first filter of a dataset that this HDF5 lacks; empty where it has them all.
std::string lacking_filter(hid_t creation) {
  const int count = H5Pget_nfilters(creation);
  for (int i = 0; i < count; ++i) {
    char name[64] = "";
    std::size_t values = 0;
    unsigned flags = 0, configuration = 0;
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values,
                                               nullptr, sizeof name, name, &configuration);
    if (H5Zfilter_avail(filter) > 0) continue;
    return "'" + std::string(name, std::find(name, name + sizeof name, '\0')) + "' (" +
           std::to_string(filter) + ")";
  }
  return "";
}

// gzip, the densest of HDF5's filters, makes a byte of 1032 at most; small datasets may never have
// been written and be all fill values.
bool can_hold(hid_t dataset, hid_t creation, double declared) {
  const auto layout = H5Pget_layout(creation);
  if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0) return true;
  constexpr double densest = 1100, never_written = 64.0 * 1024 * 1024;
  const auto stored = static_cast<double>(H5Dget_storage_size(dataset));
  return declared <= densest * stored + never_written;
}

std::string without_padding(const char* text, std::size_t length) {
  return {text, std::find(text, text + length, '\0')};
}

}  // namespace

H5Handle H5File::attribute(const std::string& object_name, const std::string& name,
                           H5T_class_t kind, bool single) const {
  const auto owner = object(object_name);
  H5Handle attribute(H5Aopen(owner.get(), name.c_str(), H5P_DEFAULT), H5Aclose);
  const auto text = "attribute '" + name + "' of '" + object_name + "'";
  check(attribute.get(), text + " is missing");
  const H5Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const auto found = H5Tget_class(type.get());
  if (found != kind && !(kind == H5T_FLOAT && found == H5T_INTEGER))
    fail(text + " holds " + kind_text(found) + ", not " + kind_text(kind));
  const H5Handle space(H5Aget_space(attribute.get()), H5Sclose);
  const auto count = H5Sget_simple_extent_npoints(space.get());
  if (single && count != 1) fail(text + " holds " + std::to_string(count) + " values, not one");
  return attribute;
}

std::string H5File::string_attribute(const std::string& object_name,
                                     const std::string& name) const {
  const auto found = attribute(object_name, name, H5T_STRING);
  const auto unreadable = "attribute '" + name + "' of '" + object_name + "' is unreadable";
  const H5Handle type(H5Aget_type(found.get()), H5Tclose);
  if (H5Tis_variable_str(type.get()) > 0) {
    char* value = nullptr;
    check(H5Aread(found.get(), type.get(), &value), unreadable);
    std::string result = value ? value : "";
    H5free_memory(value);
    return result;
  }
  std::string value(H5Tget_size(type.get()), '\0');
  check(H5Aread(found.get(), type.get(), value.data()), unreadable);
  return without_padding(value.data(), value.size());
}

std::int64_t H5File::integer_attribute(const std::string& object_name,
                                       const std::string& name) const {
  const auto found = attribute(object_name, name, H5T_INTEGER);
  const auto text = "attribute '" + name + "' of '" + object_name + "'";
  std::int64_t value = 0;
  std::uint64_t natural = 0;
  check(H5Aread(found.get(), H5T_NATIVE_INT64, &value), text + " is unreadable");
  check(H5Aread(found.get(), H5T_NATIVE_UINT64, &natural), text + " is unreadable");
  // HDF5 gives the nearest value that fits.
  if (value >= 0 && static_cast<std::uint64_t>(value) != natural)
    fail(text + " is outside of " + range_text(H5T_NATIVE_INT64));
  return value;
}

double H5File::real_attribute(const std::string& object_name, const std::string& name) const {
  const auto found = attribute(object_name, name, H5T_FLOAT);
  double value = 0;
  check(H5Aread(found.get(), H5T_NATIVE_DOUBLE, &value),
        "attribute '" + name + "' of '" + object_name + "' is unreadable");
  return value;
}

bool H5File::has_attribute(const std::string& object_name, const std::string& name) const {
  return H5Aexists(object(object_name).get(), name.c_str()) > 0;
}

std::vector<double> H5File::real_attributes(const std::string& object_name,
                                            const std::string& name) const {
  const auto found = attribute(object_name, name, H5T_FLOAT, false);
  const H5Handle space(H5Aget_space(found.get()), H5Sclose);
  const auto count = H5Sget_simple_extent_npoints(space.get());
  // HDF5's own limit of attributes that are stored with their object.
  constexpr hssize_t most = 8192;
  const auto text = "attribute '" + name + "' of '" + object_name + "'";
  if (count < 0 || count > most) fail(text + " holds " + std::to_string(count) + " values");
  std::vector<double> values(static_cast<std::size_t>(count));
  if (count > 0)
    check(H5Aread(found.get(), H5T_NATIVE_DOUBLE, values.data()), text + " is unreadable");
  return values;
}

Shape H5File::shape(const std::string& name) const {
  const auto handle = dataset(name);
  const H5Handle space(H5Dget_space(handle.get()), H5Sclose);
  const auto kind = H5Sget_simple_extent_type(space.get());
  if (kind != H5S_SCALAR && kind != H5S_SIMPLE) fail("dataset '" + name + "' is empty");
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0 || rank > Shape::max_rank) fail("dataset '" + name + "' has too many dimensions");
  hsize_t e[Shape::max_rank] = {};
  H5Sget_simple_extent_dims(space.get(), e, nullptr);
  constexpr double largest = 0x1p59;
  double product = 1;
  for (int i = 0; i < rank; ++i) product *= static_cast<double>(std::max<hsize_t>(e[i], 1));
  if (product > largest) fail("dataset '" + name + "' has extents that no file can hold");
  const auto at = [&](int i) { return static_cast<std::int64_t>(e[i]); };
  switch (rank) {
    case 0:
      return {};
    case 1:
      return {at(0)};
    case 2:
      return {at(0), at(1)};
    case 3:
      return {at(0), at(1), at(2)};
    case 4:
      return {at(0), at(1), at(2), at(3)};
    default:
      return {at(0), at(1), at(2), at(3), at(4)};
  }
}

bool H5File::is_double(const std::string& name) const {
  const auto handle = dataset(name);
  const H5Handle type(H5Dget_type(handle.get()), H5Tclose);
  return H5Tget_class(type.get()) == H5T_FLOAT && H5Tget_size(type.get()) == 8;
}

void H5File::require_shape(const std::string& name, std::int64_t columns) const {
  const Shape found = shape(name);
  if (found.rank() == (columns > 0 ? 2 : 1) && (columns == 0 || found[1] == columns)) return;
  fail("dataset '" + name + "' is " + found.text() + ", where (n" +
       (columns > 0 ? ", " + std::to_string(columns) : "") + ") is needed");
}

void H5File::require_rows(const std::string& name, std::int64_t first, std::int64_t count) const {
  const Shape full = shape(name);
  if (full.rank() == 0 || first < 0 || count < 0 || first > full[0] || count > full[0] - first) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const std::int64_t end = count > most - std::max<std::int64_t>(first, 0) ? most : first + count;
    fail("dataset '" + name + "', " + full.text() + ", begins behind row " + std::to_string(first) +
         " or ends before row " + std::to_string(end));
  }
}

std::int64_t H5File::require_readable_as(const std::string& name, hid_t type,
                                         std::int64_t count) const {
  const auto handle = dataset(name);
  const auto text = "dataset '" + name + "' ";
  const H5Handle stored(H5Dget_type(handle.get()), H5Tclose);
  const auto wanted = H5Tget_class(type);
  const auto found = H5Tget_class(stored.get());
  if (found != wanted && !(wanted == H5T_FLOAT && found == H5T_INTEGER)) {
    fail(text + "holds " + kind_text(found) + ", where " + kind_text(wanted) +
         (wanted == H5T_INTEGER ? " " + range_text(type) : "") + " are needed");
  }
  const H5Handle creation(H5Dget_create_plist(handle.get()), H5Pclose);
  const auto lacking = lacking_filter(creation.get());
  if (!lacking.empty()) {
    fail(text + "is compressed by the filter " + lacking +
         ", which this HDF5 lacks; gzip is what it reads: h5repack -f GZIP=4");
  }
  const Shape full = shape(name);
  const std::int64_t size = count < 0 ? full.size() : full.with(0, count).size();
  const double bytes = static_cast<double>(size) * static_cast<double>(H5Tget_size(type));
  if (bytes > physical_memory()) fail_for_memory(name, bytes);
  // The size of what is stored takes a walk over all chunks: not for every row.
  if (count < 0) require_stored(name);
  return size;
}

void H5File::require_stored(const std::string& name) const {
  const auto handle = dataset(name);
  const H5Handle stored(H5Dget_type(handle.get()), H5Tclose);
  const H5Handle creation(H5Dget_create_plist(handle.get()), H5Pclose);
  const Shape full = shape(name);
  const double declared =
      static_cast<double>(full.size()) * static_cast<double>(H5Tget_size(stored.get()));
  if (!can_hold(handle.get(), creation.get(), declared))
    fail("dataset '" + name + "' declares " + full.text() + ", more than the file holds");
}

void H5File::fail_for_memory(const std::string& name, double bytes) const {
  char text[96];
  std::snprintf(text, sizeof text, "' takes %.3g GiB of memory; this machine has %.3g GiB",
                bytes / gibibyte, physical_memory() / gibibyte);
  fail("dataset '" + name + text);
}

void H5File::read_raw(const std::string& name, hid_t type, std::int64_t first, std::int64_t count,
                      void* values) const {
  const PhaseScope scope(Phase::input);
  const auto handle = dataset(name);
  const H5Handle space(H5Dget_space(handle.get()), H5Sclose);
  H5Handle memory(H5Scopy(space.get()), H5Sclose);
  if (count >= 0) {
    const Shape rows = shape(name).with(0, count);
    std::vector<hsize_t> start(static_cast<std::size_t>(rows.rank()), 0), size;
    start[0] = static_cast<hsize_t>(first);
    for (int i = 0; i < rows.rank(); ++i) size.push_back(static_cast<hsize_t>(rows[i]));
    H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr);
    memory = H5Handle(H5Screate_simple(rows.rank(), size.data(), nullptr), H5Sclose);
  }
  const H5Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  bool beyond = false;
  const bool whole = H5Tget_class(type) == H5T_INTEGER;
  if (whole) H5Pset_type_conv_cb(transfer.get(), note_range, &beyond);
  const auto status =
      H5Dread(handle.get(), type, memory.get(), space.get(), transfer.get(), values);
  if (beyond) {
    H5Eclear2(H5E_DEFAULT);
    fail("dataset '" + name + "' has values outside of " + range_text(type));
  }
  check(status, "dataset '" + name + "' is unreadable; the file may be truncated");
}

std::string H5File::read_string(const std::string& name) const {
  const Shape found = shape(name);
  if (found.size() != 1) fail("dataset '" + name + "' is " + found.text() + ", not one text");
  return read_texts(name)[0];
}

std::vector<std::string> H5File::read_strings(const std::string& name) const {
  if (shape(name).rank() > 1) require_shape(name, 0);
  return read_texts(name);
}

std::vector<std::string> H5File::read_texts(const std::string& name) const {
  const PhaseScope scope(Phase::input);
  const auto handle = dataset(name);
  const H5Handle type(H5Dget_type(handle.get()), H5Tclose);
  if (H5Tget_class(type.get()) != H5T_STRING) fail("dataset '" + name + "' holds no text");
  const auto count = static_cast<std::size_t>(require_readable_as(name, type.get(), -1));
  std::vector<std::string> result;
  if (H5Tis_variable_str(type.get()) > 0) {
    std::vector<char*> pointers(count, nullptr);
    if (count > 0) read_raw(name, type.get(), 0, -1, pointers.data());
    for (char* pointer : pointers) {
      result.emplace_back(pointer ? pointer : "");
      H5free_memory(pointer);
    }
    return result;
  }
  const std::size_t length = H5Tget_size(type.get());
  const double bytes = static_cast<double>(count) * static_cast<double>(length);
  if (bytes > physical_memory()) fail_for_memory(name, bytes);
  std::string all(count * length, '\0');
  if (count > 0) read_raw(name, type.get(), 0, -1, all.data());
  for (std::size_t i = 0; i < count; ++i)
    result.push_back(without_padding(&all[i * length], length));
  return result;
}

}  // namespace eigenprop
