#include "data/packed_arrays.hpp"

#include "storage/array_descriptions.hpp"

namespace eigenprop {

void describe_packed_arrays(H5File& file) {
  describe_arrays(
      file,
      {{"/images/pixels", {"pixel", "channel"}, "RGB of all images, row by row"},
       {"/images/name", {"name"}, "name of the image"},
       {"/images/size", {"name", "side"}, "height and width", "pixel"},
       {"/images/offset", {"bound"}, "first pixel of each image, and the end"},
       {"/images/first_segmentation", {"bound"}, "first segmentation of each image, and the end"},
       {"/segmentations/labels", {"label"}, "segments of all label maps, row by row"},
       {"/segmentations/offset", {"bound"}, "first label of each segmentation, and the end"},
       {"/segmentations/segments", {"segmentation"}, "number of segments"},
       {"/segmentations/k", {"segmentation"}, "number of clusters asked for"},
       {"/segmentations/level", {"segmentation"}, "level at which the hierarchy is cut"},
       {"/contours/values", {"value"}, "ultrametric contour maps of all images, row by row"},
       {"/contours/offset", {"bound"}, "first value of each contour map, and the end"},
       {"/boundaries/probability", {"pixel"}, "probability of a boundary, all images row by row"}});
}

}  // namespace eigenprop
