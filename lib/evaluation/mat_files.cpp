#include "evaluation/mat_files.hpp"

#include <matio.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "evaluation/boundaries.hpp"
#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "storage/publish.hpp"

namespace eigenprop {
namespace {

struct MatCloser {
  void operator()(mat_t* file) const { Mat_Close(file); }
};
struct VariableFreer {
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};
using MatFile = std::unique_ptr<mat_t, MatCloser>;
using Variable = std::unique_ptr<matvar_t, VariableFreer>;

// Null where it cannot be read.
MatFile try_mat(const std::string& path) {
  // libmatio reports by itself; the messages here say more.
  Mat_LogInitFunc("eigenprop", [](int, char*) {});
  return MatFile(Mat_Open(path.c_str(), MAT_ACC_RDONLY));
}

MatFile open_mat(const std::string& path) {
  require(std::filesystem::exists(path), "there is no file '" + path + "'");
  auto file = try_mat(path);
  require(file != nullptr, "file '" + path + "' is not a MATLAB file that can be read");
  return file;
}

template <class T>
std::vector<double> as_doubles(const matvar_t& variable, std::size_t count) {
  const auto* values = static_cast<const T*>(variable.data);
  std::vector<double> result(count);
  std::transform(values, values + count, result.begin(),
                 [](T value) { return static_cast<double>(value); });
  return result;
}

bool is_numeric(matio_classes kind) { return kind >= MAT_C_DOUBLE && kind <= MAT_C_UINT64; }

// Whether the one element of a MATLAB v5 file, behind the head of 128 bytes and its tag of type and
// size, ends where the file does. libmatio reads it whatever size the tag says.
bool element_fills(const std::string& path) {
  constexpr std::size_t head = 128, tag = 8;
  std::uint32_t size = 0;
  std::ifstream file(path, std::ios::binary);
  file.seekg(head + 4);
  file.read(reinterpret_cast<char*>(&size), sizeof size);
  return file.good() && std::filesystem::file_size(path) == head + tag + size;
}

// Whether a file holds `ucm2` with these values, column by column, and nothing else.
bool holds_ucm2(const std::string& path, const std::vector<float>& values) {
  if (!element_fills(path)) return false;
  const auto file = try_mat(path);
  if (!file) return false;
  const Variable found(Mat_VarRead(file.get(), "ucm2"));
  const std::size_t bytes = values.size() * sizeof(float);
  return found && found->class_type == MAT_C_SINGLE && found->data && found->nbytes == bytes &&
         std::memcmp(found->data, values.data(), bytes) == 0;
}

// Elements of an array; 0 where there are none, or more than memory could address.
std::size_t elements(const matvar_t& variable) {
  double product = 1;
  for (int i = 0; i < variable.rank; ++i) product *= static_cast<double>(variable.dims[i]);
  return product < 0x1p31 ? static_cast<std::size_t>(product) : 0;
}

// Entry i of a cell array.
matvar_t* cell(const Variable& cells, std::size_t i) {
  return static_cast<matvar_t**>(cells->data)[i];
}

// Number of entries of a cell array.
std::size_t cell_count(const Variable& cells, const std::string& what) {
  require(cells->class_type == MAT_C_CELL, what + " is not a cell array");
  const std::size_t count = cells->data ? elements(*cells) : 0;
  require(count > 0 && cells->nbytes / sizeof(matvar_t*) >= count, what + " is empty");
  return count;
}

// A field of a struct's first element, or null. libmatio's own search crashes where a damaged file
// has left names or elements out.
matvar_t* struct_field(matvar_t* variable, const char* name) {
  const std::size_t count = Mat_VarGetNumberOfFields(variable);
  char* const* names = Mat_VarGetStructFieldnames(variable);
  if (!names || !variable->data || elements(*variable) == 0 ||
      variable->nbytes / sizeof(matvar_t*) < count)
    return nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    if (names[i] && std::strcmp(names[i], name) == 0)
      return static_cast<matvar_t**>(variable->data)[i];
  }
  return nullptr;
}

// What the matrices of a file may hold: zlib makes a byte of 1032 at most. Where a damaged file
// claims more, libmatio takes as much memory, without touching it.
std::size_t most_bytes(const std::string& path) {
  constexpr std::uintmax_t densest = 1100;
  return static_cast<std::size_t>(densest * std::filesystem::file_size(path));
}

// A real matrix, row-major.
struct Matrix {
  int rows = 0;
  int columns = 0;
  std::vector<double> values;
};

Matrix matrix_of(const matvar_t* variable, const std::string& what, std::size_t most) {
  require(variable && variable->rank == 2 && variable->data && !variable->isComplex &&
              is_numeric(variable->class_type),
          what + " is not a real matrix");
  const std::size_t count = elements(*variable);
  require(count > 0 && count <= std::min(variable->nbytes, most) / Mat_SizeOf(variable->data_type),
          what + " has no elements, or too many");
  Matrix matrix;
  matrix.rows = static_cast<int>(variable->dims[0]);
  matrix.columns = static_cast<int>(variable->dims[1]);
  std::vector<double> column_major;
  switch (variable->data_type) {
    case MAT_T_DOUBLE:
      column_major = as_doubles<double>(*variable, count);
      break;
    case MAT_T_SINGLE:
      column_major = as_doubles<float>(*variable, count);
      break;
    case MAT_T_UINT8:
      column_major = as_doubles<std::uint8_t>(*variable, count);
      break;
    case MAT_T_UINT16:
      column_major = as_doubles<std::uint16_t>(*variable, count);
      break;
    case MAT_T_UINT32:
      column_major = as_doubles<std::uint32_t>(*variable, count);
      break;
    case MAT_T_INT8:
      column_major = as_doubles<std::int8_t>(*variable, count);
      break;
    case MAT_T_INT16:
      column_major = as_doubles<std::int16_t>(*variable, count);
      break;
    case MAT_T_INT32:
      column_major = as_doubles<std::int32_t>(*variable, count);
      break;
    case MAT_T_INT64:
      column_major = as_doubles<std::int64_t>(*variable, count);
      break;
    case MAT_T_UINT64:
      column_major = as_doubles<std::uint64_t>(*variable, count);
      break;
    default:
      throw InputError(what + " has elements of a kind that is not supported");
  }
  matrix.values.resize(count);
  for (std::size_t r = 0; r < variable->dims[0]; ++r) {
    for (std::size_t c = 0; c < variable->dims[1]; ++c)
      matrix.values[r * variable->dims[1] + c] = column_major[c * variable->dims[0] + r];
  }
  return matrix;
}

// MATLAB's labels 1 … n, 0 for none. Numbers without a pixel are left out: what is written as
// labels may be numbers of objects in the millions.
LabelMap label_map(const matvar_t* variable, const std::string& what, std::size_t most) {
  const auto matrix = matrix_of(variable, what, most);
  std::vector<double> numbers;  // at first with repetitions, one a run of equal pixels
  const bool whole = std::all_of(matrix.values.begin(), matrix.values.end(), [](double value) {
    return value >= 0 && value < 0x1p53 && value == std::floor(value);
  });
  require(whole, what + " has values that are no labels: whole numbers, 0 or more");
  for (const double value : matrix.values) {
    if (value > 0 && (numbers.empty() || numbers.back() != value)) numbers.push_back(value);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  LabelMap map{matrix.rows, matrix.columns, static_cast<int>(numbers.size()), {}};
  map.labels.reserve(matrix.values.size());
  double last = 0;
  std::int32_t label = -1;
  for (const double value : matrix.values) {
    if (value != last) {
      const auto found = std::lower_bound(numbers.begin(), numbers.end(), value);
      label = value > 0 ? static_cast<std::int32_t>(found - numbers.begin()) : -1;
      last = value;
    }
    map.labels.push_back(label);
  }
  return map;
}

BoundaryMap boundary_map(const matvar_t* variable, const std::string& what, std::size_t most) {
  const auto matrix = matrix_of(variable, what, most);
  BoundaryMap map{matrix.rows, matrix.columns, {}};
  for (const double value : matrix.values) map.marks.push_back(value != 0 ? 1 : 0);
  return map;
}

// The structs of `groundTruth`, one for each person.
class GroundTruth {
 public:
  explicit GroundTruth(const std::string& path)
      : what_("'groundTruth' in file '" + path + "'"),
        file_(open_mat(path)),
        most_(most_bytes(path)) {
    people_.reset(Mat_VarRead(file_.get(), "groundTruth"));
    require(people_ != nullptr, "file '" + path + "' has no variable 'groundTruth'");
    count_ = cell_count(people_, what_);
  }

  std::size_t count() const { return count_; }
  std::size_t most_bytes_of_matrix() const { return most_; }
  std::string field_name(const char* name) const {
    return std::string("field '") + name + "' of " + what_;
  }

  /// Null where the person's struct has no such field.
  const matvar_t* field(std::size_t person, const char* name) const {
    auto* entry = cell(people_, person);
    require(entry && entry->class_type == MAT_C_STRUCT,
            what_ + " holds something else than structs");
    return struct_field(entry, name);
  }

  LabelMap segmentation(std::size_t person) const {
    auto map = label_map(field(person, "Segmentation"), field_name("Segmentation"), most_);
    require(map.segments > 0, what_ + " has a segmentation without any segment");
    return map;
  }

  template <class Map>
  void require_one_size(const std::vector<Map>& maps) const {
    for (const auto& map : maps) {
      require(map.height == maps[0].height && map.width == maps[0].width,
              what_ + " has segmentations of different sizes");
    }
  }

 private:
  std::string what_;
  MatFile file_;
  std::size_t most_;
  Variable people_;
  std::size_t count_ = 0;
};

}  // namespace

std::vector<LabelMap> read_bsds_ground_truth(const std::string& path) {
  const GroundTruth people(path);
  std::vector<LabelMap> maps;
  for (std::size_t i = 0; i < people.count(); ++i) maps.push_back(people.segmentation(i));
  people.require_one_size(maps);
  return maps;
}

std::vector<BoundaryMap> read_bsds_boundaries(const std::string& path) {
  const GroundTruth people(path);
  std::vector<BoundaryMap> maps;
  for (std::size_t i = 0; i < people.count(); ++i) {
    const auto* marks = people.field(i, "Boundaries");
    maps.push_back(
        marks ? boundary_map(marks, people.field_name("Boundaries"), people.most_bytes_of_matrix())
              : thinned(segment_boundaries(people.segmentation(i))));
  }
  people.require_one_size(maps);
  return maps;
}

MatSegmentations read_mat_segmentations(const std::string& path) {
  const auto file = open_mat(path);
  const Variable segs(Mat_VarRead(file.get(), "segs"));
  if (segs) {
    const std::string what = "'segs' in file '" + path + "'";
    std::vector<LabelMap> maps;
    const std::size_t count = cell_count(segs, what);
    for (std::size_t i = 0; i < count; ++i)
      maps.push_back(label_map(cell(segs, i), "a cell of " + what, most_bytes(path)));
    return maps;
  }
  const Variable ucm(Mat_VarRead(file.get(), "ucm2"));
  require(ucm != nullptr,
          "file '" + path + "' has neither 'segs' (cell array) nor 'ucm2' (contour map)");
  auto matrix = matrix_of(ucm.get(), "'ucm2' in file '" + path + "'", most_bytes(path));
  require(
      matrix.rows >= 3 && matrix.columns >= 3 && matrix.rows % 2 == 1 && matrix.columns % 2 == 1,
      "'ucm2' in file '" + path + "' is not of double size (2 h + 1) x (2 w + 1)");
  const bool finite = std::all_of(matrix.values.begin(), matrix.values.end(),
                                  [](double value) { return std::isfinite(value); });
  require(finite, "'ucm2' in file '" + path + "' has values that are not finite");
  return ContourMap{matrix.rows / 2, matrix.columns / 2, std::move(matrix.values)};
}

void write_ucm2(const std::string& path, const ContourMap& contours) {
  TemporaryFile temporary(path);
  const auto rows = index(contours.rows()), columns = index(contours.columns());
  std::vector<float> column_major(rows * columns);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c)
      column_major[c * rows + r] = static_cast<float>(contours.values[r * columns + c]);
  }
  std::size_t extents[] = {rows, columns};
  {
    const MatFile file(Mat_CreateVer(temporary.name().c_str(), nullptr, MAT_FT_MAT5));
    require(file != nullptr, "file '" + path + "' cannot be written");
    const Variable map(Mat_VarCreate("ucm2", MAT_C_SINGLE, MAT_T_SINGLE, 2, extents,
                                     column_major.data(), MAT_F_DONT_COPY_DATA));
    require(map && Mat_VarWrite(file.get(), map.get(), MAT_COMPRESSION_ZLIB) == 0,
            "file '" + path + "' cannot be written");
  }
  // libmatio does not tell of a write that failed.
  require(holds_ucm2(temporary.name(), column_major),
          "file '" + path + "' cannot be written whole; is the disk full?");
  temporary.publish();
}

std::vector<std::string> mat_files(const std::string& folder) {
  require(std::filesystem::is_directory(folder), "there is no folder '" + folder + "'");
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".mat") names.push_back(entry.path().stem().string());
  }
  require(!names.empty(), "folder '" + folder + "' holds no .mat file");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace eigenprop
