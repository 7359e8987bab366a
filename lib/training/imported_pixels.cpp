#include "training/imported_pixels.hpp"

#include <cstdio>

#include "storage/hdf5.hpp"

namespace eigenprop {
namespace {

// With six digits: files hold what text files held.
std::string describe(const PixelSettings& pixels) {
  std::string text = "space " + pixels.space;
  const auto append = [&](const char* name, const std::vector<double>& values) {
    text += name;
    for (const double value : values) {
      char number[32];
      std::snprintf(number, sizeof number, " %g", value);
      text += number;
    }
  };
  append(", mean", pixels.mean);
  append(", deviation", pixels.deviation);
  return text;
}

}  // namespace

std::string imported_pixels_remark(const std::string& path, const PixelSettings& pixels) {
  const std::string group = "/parameters";
  const auto file = H5File::open(path);
  for (const char* name : {"pixels_space", "pixels_mean", "pixels_deviation"}) {
    if (!file.has_attribute(group, name)) return "";
  }
  PixelSettings stored = pixels;
  stored.space = file.string_attribute(group, "pixels_space");
  stored.mean = file.real_attributes(group, "pixels_mean");
  stored.deviation = file.real_attributes(group, "pixels_deviation");
  const auto theirs = describe(stored), ours = describe(pixels);
  return theirs == ours
             ? ""
             : "weights of '" + path + "' take pixels of " + theirs + ", but [pixels] is " + ours;
}

}  // namespace eigenprop
