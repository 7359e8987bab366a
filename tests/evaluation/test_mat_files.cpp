#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <matio.h>

#include <cmath>
#include <memory>
#include <vector>

#include "evaluation/mat_files.hpp"
#include "temporary_folder.hpp"

namespace eigenprop {
namespace {

using testing::HasSubstr;

// A file with the cell array `segs` of one matrix, column-major, of a class and type of matio's.
template <class T>
void write_segs(const std::string& path, matio_classes kind, matio_types type,
                std::vector<T> values, std::size_t rows, std::size_t columns) {
  const std::unique_ptr<mat_t, int (*)(mat_t*)> file(
      Mat_CreateVer(path.c_str(), nullptr, MAT_FT_MAT5), Mat_Close);
  std::size_t of_matrix[] = {rows, columns}, of_cell[] = {1, 1};
  matvar_t* cells[] = {Mat_VarCreate(nullptr, kind, type, 2, of_matrix, values.data(), 0), nullptr};
  const std::unique_ptr<matvar_t, void (*)(matvar_t*)> segs(
      Mat_VarCreate("segs", MAT_C_CELL, MAT_T_CELL, 2, of_cell, cells, 0), Mat_VarFree);
  ASSERT_EQ(Mat_VarWrite(file.get(), segs.get(), MAT_COMPRESSION_NONE), 0);
}

TEST(MatFiles, TakeLabelsOfEveryKindOfNumber) {
  const TemporaryFolder folder;
  const auto path = folder / "segs.mat";
  // Row by row: 0 7 7; 3 3 5000000000 or, of 32 bits, 2000000000: numbers of objects.
  const auto expect_map = [&] {
    const auto maps = std::get<std::vector<LabelMap>>(read_mat_segmentations(path));
    ASSERT_EQ(maps.size(), 1u);
    EXPECT_EQ(maps[0].labels, (std::vector<std::int32_t>{-1, 1, 1, 0, 0, 2}));
    EXPECT_EQ(maps[0].segments, 3);
  };
  write_segs<std::int64_t>(path, MAT_C_INT64, MAT_T_INT64, {0, 3, 7, 3, 7, 5000000000}, 2, 3);
  expect_map();
  write_segs<std::uint64_t>(path, MAT_C_UINT64, MAT_T_UINT64, {0, 3, 7, 3, 7, 5000000000}, 2, 3);
  expect_map();
  write_segs<std::int32_t>(path, MAT_C_INT32, MAT_T_INT32, {0, 3, 7, 3, 7, 2000000000}, 2, 3);
  expect_map();
  write_segs<double>(path, MAT_C_DOUBLE, MAT_T_DOUBLE, {0, 3, 7, 3, 7, 2e9}, 2, 3);
  expect_map();
}

TEST(MatFiles, ReadTheContoursTheyWrote) {
  const TemporaryFolder folder;
  const auto path = folder / "ucm.mat";
  ContourMap contours{1, 2, {}};
  for (int i = 0; i < 15; ++i) contours.values.push_back(i / 16.0);
  write_ucm2(path, contours);
  const auto found = std::get<ContourMap>(read_mat_segmentations(path));
  EXPECT_EQ(found.height, 1);
  EXPECT_EQ(found.width, 2);
  EXPECT_EQ(found.values, contours.values);
  EXPECT_THROW(write_ucm2(folder / "none/ucm.mat", contours), InputError);
}

TEST(MatFiles, SayWhatIsNoLabel) {
  const TemporaryFolder folder;
  const auto path = folder / "segs.mat";
  for (const double wrong : {-1.0, 0.5, 1e300, std::nan("")}) {
    write_segs<double>(path, MAT_C_DOUBLE, MAT_T_DOUBLE, {1, wrong}, 1, 2);
    EXPECT_THAT(input_error([&] { read_mat_segmentations(path); }), HasSubstr("are no labels"));
  }
  write_segs<char>(path, MAT_C_CHAR, MAT_T_UINT8, {'a', 'b'}, 1, 2);
  EXPECT_THAT(input_error([&] { read_mat_segmentations(path); }),
              HasSubstr("is not a real matrix"));
}

}  // namespace
}  // namespace eigenprop
