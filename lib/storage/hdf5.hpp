#pragma once

#include <hdf5.h>

#include <cstdint>
#include <new>
#include <string>
#include <vector>

#include "runtime/error.hpp"
#include "tensor/shape.hpp"

namespace eigenprop {

/// Owner of an HDF5 identifier of any kind; move-only.
class H5Handle {
 public:
  H5Handle() = default;
  H5Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~H5Handle() { reset(); }
  H5Handle(H5Handle&& other) noexcept;
  H5Handle& operator=(H5Handle&& other) noexcept;
  H5Handle(const H5Handle&) = delete;
  H5Handle& operator=(const H5Handle&) = delete;

  hid_t get() const { return id_; }

  /// Gives the identifier up without closing it.
  void release() { id_ = -1; }

 private:
  void reset();

  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// HDF5 type in memory of a C++ type.
template <class T>
hid_t h5_type();
template <>
hid_t h5_type<std::uint8_t>();
template <>
hid_t h5_type<std::uint16_t>();
template <>
hid_t h5_type<std::int32_t>();
template <>
hid_t h5_type<std::int64_t>();
template <>
hid_t h5_type<float>();
template <>
hid_t h5_type<double>();

/// An HDF5 file with typed access to attributes and datasets. Paths are absolute inside the file,
/// like "/images/size"; missing groups are created on writing. Every failure is an InputError that
/// names the file, the dataset or attribute, and the cause.
class H5File {
 public:
  /// Opens for reading, by this process alone.
  static H5File open(const std::string& path);
  /// Opens for reading and writing, by this process alone.
  static H5File modify(const std::string& path);
  /// Creates, replacing an existing file, by this process alone.
  static H5File create(const std::string& path);
  /// A new file in memory, by this process alone; publish() writes it to the disk.
  static H5File compose(const std::string& path);

  const std::string& path() const { return path_; }

  /// Writes what tells a file's layout and origin: root attributes `format` and `version` (of the
  /// format), `eigenprop_version` and `commit`.
  void set_format(const std::string& format, std::int64_t version);
  /// Throws unless root attribute `format` is `format` and `version` at most `newest`.
  void check_format(const std::string& format, std::int64_t newest) const;

  bool has(const std::string& name) const;
  /// Takes a dataset, or a group with all below it, out of the file.
  void remove(const std::string& name);
  /// Names of the links in a group, sorted, but of scales without values; empty where there is no
  /// such group.
  std::vector<std::string> names(const std::string& group) const;

  std::string string_attribute(const std::string& object, const std::string& name) const;
  std::int64_t integer_attribute(const std::string& object, const std::string& name) const;
  double real_attribute(const std::string& object, const std::string& name) const;
  bool has_attribute(const std::string& object, const std::string& name) const;
  /// All values of an attribute, up to 8192.
  std::vector<double> real_attributes(const std::string& object, const std::string& name) const;
  void set_attribute(const std::string& object, const std::string& name, const std::string& value);
  void set_attribute(const std::string& object, const std::string& name, std::int64_t value);
  void set_attribute(const std::string& object, const std::string& name, double value);

  /// Extents of a dataset; sixteen times their product fits 64 bits.
  Shape shape(const std::string& dataset) const;
  /// True where the dataset holds 64-bit floats.
  bool is_double(const std::string& dataset) const;

  /// A whole dataset, converted to T. Whole numbers must be stored as such, in the range of T, and
  /// floats may be stored as either. Throws InputError as well for a filter that this HDF5 lacks
  /// and for a dataset that declares more than the file can hold, or than memory.
  template <class T>
  std::vector<T> read(const std::string& dataset) const {
    return read_rows<T>(dataset, 0, -1);
  }
  /// Rows first .. first + count - 1 (first dimension).
  template <class T>
  std::vector<T> read(const std::string& dataset, std::int64_t first, std::int64_t count) const {
    require_rows(dataset, first, count);
    return read_rows<T>(dataset, first, count);
  }
  /// A whole dataset of shape (n), and of (n, columns).
  template <class T>
  std::vector<T> read_list(const std::string& dataset) const {
    require_shape(dataset, 0);
    return read<T>(dataset);
  }
  template <class T>
  std::vector<T> read_table(const std::string& dataset, std::int64_t columns) const {
    require_shape(dataset, columns);
    return read<T>(dataset);
  }
  /// Throws unless the shape is (n, columns), or (n) for `columns` = 0.
  void require_shape(const std::string& dataset, std::int64_t columns) const;
  /// Throws where a dataset declares more than the file can hold.
  void require_stored(const std::string& dataset) const;
  /// A single text.
  std::string read_string(const std::string& dataset) const;
  /// Texts in a dataset of shape (n), or a single one.
  std::vector<std::string> read_strings(const std::string& dataset) const;

  /// Creates and writes a dataset; compressed with gzip where `compress`.
  template <class T>
  void write(const std::string& dataset, const Shape& shape, const T* values,
             bool compress = false) {
    create_dataset(dataset, h5_type<T>(), shape, compress ? Layout::compressed : Layout::plain);
    write_raw(dataset, h5_type<T>(), 0, -1, values);
  }
  template <class T>
  void write(const std::string& dataset, const std::vector<T>& values, bool compress = false) {
    write(dataset, Shape{static_cast<std::int64_t>(values.size())}, values.data(), compress);
  }
  /// Text of variable length: netCDF's library takes others for single characters.
  void write_string(const std::string& dataset, const std::string& value);
  void write_strings(const std::string& dataset, const std::vector<std::string>& values);

  /// Gives a dataset's dimensions names that other people's readers know, those of netCDF-4 among
  /// them: dimension scales (H5DS) in its group, one a name and shared by all datasets there. The
  /// dataset of one dimension that has the name itself is its scale, and thus holds coordinates;
  /// where there is none when the name is used first, the scale is one without values. `names`: one
  /// a dimension, all different. Throws InputError where a name stands for another extent already.
  void name_dimensions(const std::string& dataset, const std::vector<std::string>& names);

  /// Attributes `long_name` and, unless empty, `units` of a dataset, as in the CF conventions.
  void describe(const std::string& dataset, const std::string& long_name,
                const std::string& units = "");

  /// Creates a dataset that write_rows() fills, in chunks of whole rows, so that readers of single
  /// rows do not touch the rest.
  template <class T>
  void create_chunked(const std::string& dataset, const Shape& shape) {
    create_dataset(dataset, h5_type<T>(), shape, Layout::chunked);
  }
  /// The same compressed with gzip; rows of chunk_elements or more at once are compressed once.
  template <class T>
  void create_compressed(const std::string& dataset, const Shape& shape) {
    create_dataset(dataset, h5_type<T>(), shape, Layout::compressed);
  }
  /// About so many elements are a chunk.
  static constexpr std::int64_t chunk_elements = 65536;
  /// Writes rows first .. first + count - 1.
  template <class T>
  void write_rows(const std::string& dataset, std::int64_t first, std::int64_t count,
                  const T* values) {
    write_raw(dataset, h5_type<T>(), first, count, values);
  }

  /// Hands everything to the operating system.
  void flush();

  /// Flushes and closes; nothing can be done with the file afterwards. Throws InputError where the
  /// disk is full.
  void close();

  /// Writes a composed file to the disk in one step (publish.hpp): readers and a crash see the
  /// older file or the whole new one, and no failure leaves HDF5 with a file that it cannot close.
  void publish();

 private:
  enum class Layout { plain, chunked, compressed };

  H5File(H5Handle file, std::string path);

  H5Handle dataset(const std::string& name) const;
  H5Handle object(const std::string& name) const;
  H5Handle attribute(const std::string& object_name, const std::string& name, H5T_class_t kind,
                     bool single = true) const;
  void create_dataset(const std::string& name, hid_t type, const Shape& shape, Layout layout);
  template <class T>
  std::vector<T> read_rows(const std::string& dataset, std::int64_t first,
                           std::int64_t count) const {
    const std::int64_t size = require_readable_as(dataset, h5_type<T>(), count);
    std::vector<T> values;
    try {
      values.resize(static_cast<std::size_t>(size));
    } catch (const std::bad_alloc&) {
      fail_for_memory(dataset, static_cast<double>(size) * sizeof(T));
    }
    if (size > 0) read_raw(dataset, h5_type<T>(), first, count, values.data());
    return values;
  }
  void require_rows(const std::string& name, std::int64_t first, std::int64_t count) const;
  std::int64_t require_readable_as(const std::string& name, hid_t type, std::int64_t count) const;
  std::vector<std::string> read_texts(const std::string& name) const;
  void read_raw(const std::string& name, hid_t type, std::int64_t first, std::int64_t count,
                void* values) const;
  [[noreturn]] void fail_for_memory(const std::string& name, double bytes) const;
  void write_raw(const std::string& name, hid_t type, std::int64_t first, std::int64_t count,
                 const void* values);
  void write_texts(const std::string& name, const Shape& shape,
                   const std::vector<const char*>& texts);
  H5Handle dimension_scale(const std::string& name, std::int64_t extent);
  void write_attribute(const std::string& object_name, const std::string& name, hid_t type,
                       const void* value);
  [[noreturn]] void fail(const std::string& what) const;
  /// Throws where an HDF5 call returned a negative value.
  hid_t check(hid_t result, const std::string& what) const;

  H5Handle file_;
  std::string path_;
};

}  // namespace eigenprop
