#include "base_files.hpp"

#include <matio.h>

#include <fstream>
#include <memory>
#include <vector>

#include "data/packed_labels.hpp"
#include "runtime/error.hpp"
#include "storage/checkpoint.hpp"
#include "storage/hdf5.hpp"
#include "storage/run_file.hpp"

namespace eigenprop {
namespace {

SegmentedImage image_of(const std::string& name, int height, int width) {
  SegmentedImage image;
  image.name = name;
  image.image = {height, width, {}};
  LabelMap map{height, width, 3, {}};
  for (int i = 0; i < height * width; ++i) {
    for (int c = 0; c < 3; ++c)
      image.image.pixels.push_back(static_cast<std::uint8_t>(7 * i + 40 * c));
    map.labels.push_back(i % 3);
  }
  image.segmentations = {map, map};
  return image;
}

void write_images(const std::string& folder) {
  const std::vector<SegmentedImage> images = {image_of("a", 6, 8), image_of("b", 9, 5),
                                              image_of("größe", 4, 4)};
  std::vector<std::uint8_t> pixels;
  std::vector<std::int32_t> sizes, classes;
  std::vector<std::int64_t> offsets = {0};
  std::vector<std::string> names;
  for (const auto& image : images) {
    pixels.insert(pixels.end(), image.image.pixels.begin(), image.image.pixels.end());
    sizes.insert(sizes.end(), {image.image.height, image.image.width});
    offsets.push_back(static_cast<std::int64_t>(pixels.size() / 3));
    names.push_back(image.name);
    classes.push_back(static_cast<std::int32_t>(classes.size()) % 2);
  }
  auto segmentation = H5File::create(folder + "/segmentation.h5");
  segmentation.set_format("eigenprop-segmentation", 1);
  write_label_maps(segmentation, images);
  segmentation.write("/images/pixels", {offsets.back(), 3}, pixels.data(), true);

  auto results = images;
  for (auto& image : results) {
    image.contours = {image.image.height, image.image.width, {}};
    for (int i = 0; i < image.contours.rows() * image.contours.columns(); ++i)
      image.contours.values.push_back(0.125 * (i % 8));
  }
  auto segmented = H5File::create(folder + "/results.h5");
  segmented.set_format("eigenprop-segmentations", 1);
  write_label_maps(segmented, results);

  auto classification = H5File::create(folder + "/classification.h5");
  classification.set_format("eigenprop-classification", 1);
  classification.write("/images/pixels", {offsets.back(), 3}, pixels.data(), true);
  classification.write("/images/size", {3, 2}, sizes.data());
  classification.write("/images/offset", offsets);
  classification.write_strings("/images/name", names);
  classification.write("/labels/class", classes);
  classification.write_strings("/labels/names", {"cat", "dog"});
}

void write_points(const std::string& folder) {
  std::vector<double> features, targets;
  std::vector<std::int32_t> classes;
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < 4; ++j) features.push_back(0.25 * (i * 3 + j) - 1);
    targets.insert(targets.end(), {0.5 * i, -0.5 * i});
    classes.push_back(i % 3);
  }
  auto file = H5File::create(folder + "/points.h5");
  file.set_format("eigenprop-activations", 1);
  file.write("/features", {20, 4}, features.data());
  file.write("/targets", {20, 2}, targets.data(), true);
  file.write("/labels/class", classes);
  file.write_strings("/labels/names", {"x", "y", "z"});
}

void write_training(const std::string& folder) {
  ParameterSet parameters;
  const Initializer normal{Initializer::Kind::normal, 1};
  parameters.create("conv.weight", {{3, 3, 2, 4}, Precision::f32}, normal, 1);
  parameters.create("conv.bias", {{4}, Precision::f32}, normal, 1);
  parameters.create("lambda", {{5, 5}, Precision::f64}, normal, 1);
  Checkpoint checkpoint;
  checkpoint.step = 42;
  checkpoint.model = "input 3; conv: conv 4 3";
  checkpoint.configuration = "[train]\nepochs = 3\n";
  checkpoint.parameters = parameter_values(parameters);
  checkpoint.optimizer["velocity"] = parameter_values(parameters);
  checkpoint.results["metric"] = parameters[2]->value;
  write_checkpoint(folder + "/checkpoint.h5", checkpoint, Communicator::self());
  std::ofstream(folder + "/settings.toml")
      << "# of a run\ndata = \"scenes.h5\"\n[model]\ntrunk = \"none\"\n"
         "layers = [\"a: conv 4 3\", \"b: relu\"]\nfeatures = 12\n[train]\nrate = 1e-3\n"
         "milestones = [3, 5]\nepochs = 7\nranks_per_image = 1\n[view]\nflip = true\n"
         "rotation = 10.0\n[pixels]\nmean = [50.0, 0.0, 0.0]\n[objective]\nkind = \"j1\"\n"
         "[cuts]\naffinity = \"graph\"\nweights = \"both\"\nradius = 3\n"
         "contour_power = 4\nvectors = 6\nleast_vectors = 3\ngap_share = 0.1\n";
  std::ofstream(folder + "/hierarchy.toml")
      << "# as fit_contours writes it\npartition = \"hierarchy\"\naffinity = \"contour\"\n"
         "scales = [1]\n[contour]\nsigma = 1.5\nstep = 1\nradius = 3\nwidth = 0.5\n"
         "vectors = 4\ntolerance = 1e-4\nscales = 1\n[hierarchy]\nsigma = 2.0\nbias = -3.25\n"
         "boundary = 1.0\nedges = 1.5\nspectral = 0.5\nthresholds = [0.125, 0.25, 0.5]\n";
}

// As a training of images that has done five steps leaves it, with the columns that
// plot_training.py draws.
void write_run(const std::string& folder) {
  RunFile run(folder + "/run.h5", {"train_ncuts", "[train]\nepochs = 3\n", 1}, -1,
              Communicator::self());
  for (int i = 1; i <= 5; ++i) {
    std::map<std::string, double> row = {{"step", i}, {"epoch", 0.5 * i}, {"objective", 1.0 / i}};
    for (const char* column : {"rank_w", "rank_e", "bound_holds", "learning_rate", "gradient_norm"})
      row[column] = 0.25 * i;
    run.append("train", row);
    if (i % 2 == 0) run.append("test", {{"step", i}, {"error_top1", 0.5 / i}});
  }
  run.flush();
}

using Variable = std::unique_ptr<matvar_t, void (*)(matvar_t*)>;

matvar_t* matrix(const char* name, std::size_t rows, std::size_t columns, bool whole) {
  std::size_t extents[] = {rows, columns};
  std::vector<double> doubles;
  std::vector<std::uint16_t> labels;
  for (std::size_t i = 0; i < rows * columns; ++i) {
    doubles.push_back(0.1 * static_cast<double>(i % 7));
    labels.push_back(static_cast<std::uint16_t>(1 + i % 4));
  }
  return whole ? Mat_VarCreate(name, MAT_C_UINT16, MAT_T_UINT16, 2, extents, labels.data(), 0)
               : Mat_VarCreate(name, MAT_C_DOUBLE, MAT_T_DOUBLE, 2, extents, doubles.data(), 0);
}

void write_mat(const std::string& path, matvar_t* content, matio_compression compression) {
  const Variable variable(content, Mat_VarFree);
  const std::unique_ptr<mat_t, int (*)(mat_t*)> file(
      Mat_CreateVer(path.c_str(), nullptr, MAT_FT_MAT5), Mat_Close);
  require(file && Mat_VarWrite(file.get(), variable.get(), compression) == 0,
          "file '" + path + "' cannot be written");
}

void write_mats(const std::string& folder) {
  std::size_t one[] = {1, 1}, two[] = {1, 2};
  matvar_t* maps[] = {matrix(nullptr, 6, 8, true), matrix(nullptr, 6, 8, true), nullptr};
  write_mat(folder + "/segs.mat", Mat_VarCreate("segs", MAT_C_CELL, MAT_T_CELL, 2, two, maps, 0),
            MAT_COMPRESSION_NONE);
  write_mat(folder + "/ucm.mat", matrix("ucm2", 13, 17, false), MAT_COMPRESSION_ZLIB);
  matvar_t* people[3] = {};
  for (int i = 0; i < 2; ++i) {
    const char* field = "Segmentation";
    people[i] = Mat_VarCreateStruct(nullptr, 2, one, &field, 1);
    Mat_VarSetStructFieldByName(people[i], field, 0, matrix(field, 6, 8, true));
  }
  write_mat(folder + "/truth.mat",
            Mat_VarCreate("groundTruth", MAT_C_CELL, MAT_T_CELL, 2, two, people, 0),
            MAT_COMPRESSION_NONE);
}

}  // namespace

void write_base_files(const std::string& folder) {
  write_images(folder);
  write_points(folder);
  write_training(folder);
  write_run(folder);
  write_mats(folder);
}

}  // namespace eigenprop
