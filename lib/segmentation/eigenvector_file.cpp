#include "segmentation/eigenvector_file.hpp"

#include <cmath>

#include "runtime/index.hpp"
#include "storage/array_descriptions.hpp"
#include "storage/hdf5.hpp"

namespace eigenprop {

void write_eigenvectors(const std::string& path, const SegmentedImage& image,
                        const SpectralVectors& spectrum) {
  const std::int64_t k = spectrum.dimensions;
  std::vector<float> functions;
  for (std::size_t i = 0; i < spectrum.eigenvectors.size(); ++i) {
    const double degree = spectrum.degrees[i / index(k)];
    functions.push_back(
        static_cast<float>(degree > 0 ? spectrum.eigenvectors[i] / std::sqrt(degree) : 0));
  }
  auto values = spectrum.eigenvalues;
  values.insert(values.end(), spectrum.further_eigenvalues.begin(),
                spectrum.further_eigenvalues.end());
  auto file = H5File::compose(path);
  file.set_format("eigenprop-eigenvectors", 1);
  file.set_attribute("/", "name", image.name);
  file.set_attribute("/", "vectors", k);
  file.write("/image", {image.image.height, image.image.width, 3}, image.image.pixels.data(), true);
  file.write("/eigenvectors", {spectrum.height, spectrum.width, k}, functions.data(), true);
  file.write("/eigenvalues", values);
  describe_arrays(file, {{"/image", {"image_row", "image_column", "channel"}, "RGB of the image"},
                         {"/eigenvectors",
                          {"row", "column", "vector"},
                          "eigenvectors, each over the pixels of the graph"},
                         {"/eigenvalues", {"value"}, "eigenvalues, largest first"}});
  file.publish();
}

}  // namespace eigenprop
